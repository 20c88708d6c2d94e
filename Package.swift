// swift-tools-version: 6.2
import PackageDescription

/// Settings of every Swift target: warnings are errors, imports are explicit.
let swiftSettings: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]
let cSettings: [CSetting] = [.treatAllWarnings(as: .error)]

/// A library target at `Sources/<path>`, called `Daguerre<path>` so that it does not clash in others' packages.
func module(_ path: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []) -> Target {
    .target(
        name: "Daguerre" + path.replacing("Backends/", with: ""), dependencies: dependencies, path: "Sources/" + path,
        exclude: exclude, swiftSettings: swiftSettings)
}

func tests(_ path: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
    .testTarget(
        name: path + "Tests", dependencies: dependencies, path: "Tests/\(path)Tests", swiftSettings: swiftSettings)
}

let engine: [Target.Dependency] = [
    "DaguerreTensors", "DaguerreReference", "DaguerreCPU", "DaguerreMeter", "DaguerreCheckpoints", "DaguerreTokenizers",
    "DaguerreLayers", "DaguerreModels", "DaguerreSampling", "DaguerrePipelines",
]

let package = Package(
    name: "daguerre",
    products: [
        .library(name: "Daguerre", targets: ["Daguerre"]),
        .executable(name: "daguerre", targets: ["Command"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
    ],
    targets: [
        // The engine: arrows point down only, and nothing here imports a package.
        .target(name: "CKernels", path: "Sources/CKernels", cSettings: cSettings, linkerSettings: [.linkedLibrary("m")]),
        .target(name: "CVendor", path: "Sources/CVendor", cSettings: cSettings),
        .target(name: "CBuiltinModel", path: "Sources/CBuiltinModel", cSettings: cSettings),
        module("Tensors"),
        module("Backends/Reference", ["DaguerreTensors"]),
        module("Backends/CPU", ["DaguerreTensors", "CKernels", "CVendor"]),
        module("Backends/Meter", ["DaguerreTensors"]),
        module("Checkpoints", ["DaguerreTensors"]),
        module("Tokenizers"),
        module("Layers", ["DaguerreTensors", "DaguerreCheckpoints"]),
        module("Models", ["DaguerreTensors", "DaguerreCheckpoints", "DaguerreLayers"]),
        module("Sampling", ["DaguerreTensors"]),
        module(
            "Pipelines",
            [
                "DaguerreTensors", "DaguerreCheckpoints", "DaguerreTokenizers", "DaguerreModels", "DaguerreSampling",
            ]),
        // Above the engine.
        .systemLibrary(
            name: "CPNG", path: "Sources/CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
        module("Imaging", ["CPNG"]),
        .target(
            name: "Daguerre", dependencies: engine + ["DaguerreImaging", "CBuiltinModel"], path: "Sources/Daguerre",
            swiftSettings: swiftSettings),
        .executableTarget(
            name: "Command",
            dependencies: [
                "Daguerre", .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ] + engine + ["DaguerreImaging"],
            path: "Sources/Command", swiftSettings: swiftSettings),
    ]
)
