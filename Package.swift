// swift-tools-version: 6.2
import PackageDescription

/// Settings of every Swift target: warnings are errors, imports are explicit.
let swiftSettings: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

/// A C target at `Sources/<name>`.
func c(_ name: String, links libraries: [String] = []) -> Target {
    .target(
        name: name, path: "Sources/" + name, cSettings: [.treatAllWarnings(as: .error)],
        linkerSettings: libraries.map { .linkedLibrary($0) })
}

/// A Swift target at `Sources/<path>`, called after the last folder with the prefix `Daguerre`, so that it does not clash
/// with a target of a package that depends on this one.
func module(_ path: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(
        name: "Daguerre" + (path.split(separator: "/").last ?? ""), dependencies: dependencies, path: "Sources/" + path,
        swiftSettings: swiftSettings)
}

/// The tests of the target at `Sources/<name>`.
func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(
        name: name + "Tests", dependencies: dependencies, path: "Tests/\(name)Tests", swiftSettings: swiftSettings)
}

/// What models and pipelines are tested with.
let engine: [Target.Dependency] = [
    "TestSupport", "DaguerreTensors", "DaguerreReference", "DaguerreCPU", "DaguerreMeter", "DaguerreCheckpoints",
    "DaguerreTokenizers", "DaguerreLayers", "DaguerreModels", "DaguerreSampling", "DaguerrePixels", "DaguerrePipelines",
]

let package = Package(
    name: "daguerre",
    products: [
        .library(name: "Daguerre", targets: ["Daguerre"]),
        .executable(name: "daguerre", targets: ["Command"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        // The server: docs/decisions/0062 says what each is for.
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.3"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: ["YAML"]),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        // Tests make certificates; others' packages bring both along already.
        .package(url: "https://github.com/apple/swift-certificates.git", from: "1.19.4"),
        .package(url: "https://github.com/apple/swift-asn1.git", from: "1.1.0"),
    ],
    targets: [
        // The engine. Arrows point upwards in this list only; nothing here imports a package.
        c("CKernels", links: ["m"]),
        c("CVendor"),
        module("Tensors"),
        module("Pixels"),
        module("Backends/Reference", ["DaguerreTensors"]),
        module("Backends/CPU", ["DaguerreTensors", "CKernels", "CVendor"]),
        module("Backends/Meter", ["DaguerreTensors"]),
        module("Checkpoints", ["DaguerreTensors"]),
        module("Adapters", ["DaguerreTensors", "DaguerreCheckpoints"]),
        module("Tokenizers"),
        module("Layers", ["DaguerreTensors", "DaguerreCheckpoints"]),
        module("Models", ["DaguerreTensors", "DaguerrePixels", "DaguerreCheckpoints", "DaguerreLayers"]),
        module("Sampling", ["DaguerreTensors"]),
        module(
            "Pipelines",
            [
                "DaguerreTensors", "DaguerrePixels", "DaguerreAdapters", "DaguerreCheckpoints", "DaguerreTokenizers",
                "DaguerreModels", "DaguerreSampling",
            ]),

        // Above the engine.
        c("CPNG", links: ["png", "z"]),
        c("CBuiltinModel"),
        c("CCLIPVocabulary"),
        c("COpenAPI"),
        c("CSandbox"),
        c("CWebPage"),
        c("CJPEG", links: ["jpeg"]),
        c("CWebP", links: ["webp"]),
        module("Imaging", ["DaguerrePixels", "CPNG", "CJPEG", "CWebP"]),
        .target(
            name: "Daguerre",
            dependencies: [
                "DaguerreTensors", "DaguerreCPU", "DaguerreMeter", "DaguerreAdapters", "DaguerreCheckpoints",
                "DaguerreTokenizers",
                "DaguerreModels", "DaguerreSampling", "DaguerrePipelines", "DaguerrePixels", "DaguerreImaging",
                "CBuiltinModel", "CCLIPVocabulary", "CSandbox",
            ],
            path: "Sources/Daguerre", swiftSettings: swiftSettings),

        // The server.
        module("Jobs", ["DaguerrePixels"]),
        module("Registry", [.product(name: "Crypto", package: "swift-crypto")]),
        module("Access", [.product(name: "Crypto", package: "swift-crypto")]),
        module(
            "Storage",
            [
                "DaguerreJobs", "DaguerreAccess", .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "Crypto", package: "swift-crypto"),
            ]),
        module(
            "Worker",
            [
                "DaguerreJobs", "DaguerreRegistry", "Daguerre", "DaguerreAdapters", "DaguerreCheckpoints",
                "DaguerreTokenizers", "DaguerreModels", "DaguerreSampling", "DaguerrePipelines", "DaguerrePixels",
                "DaguerreImaging",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        module(
            "Gateway",
            [
                "DaguerreJobs", "DaguerreAccess", "DaguerreRegistry", "DaguerreImaging", "DaguerrePixels", "COpenAPI",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HummingbirdTLS", package: "hummingbird"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOWebSocket", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        module(
            "Server",
            [
                "DaguerreJobs", "DaguerreAccess", "DaguerreRegistry", "DaguerreStorage", "DaguerreWorker",
                "DaguerreGateway", "Daguerre", "DaguerrePipelines", "DaguerreSampling", "DaguerreTokenizers",
                "CWebPage",
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "Yams", package: "Yams"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        .executableTarget(
            name: "Command",
            dependencies: [
                "DaguerreServer", "DaguerreJobs", "DaguerreAccess", "DaguerreStorage", "Daguerre", "DaguerreTensors",
                "DaguerreAdapters", "DaguerreCheckpoints", "DaguerreTokenizers",
                "DaguerreModels",
                "DaguerreSampling", "DaguerrePipelines", "DaguerrePixels", "DaguerreImaging", "DaguerreCPU",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Sources/Command", swiftSettings: swiftSettings),

        .executableTarget(
            name: "GenerateApple", dependencies: ["Daguerre", "DaguerrePixels", "DaguerreImaging"],
            path: "Examples/GenerateApple",
            swiftSettings: swiftSettings),
        .executableTarget(
            name: "KernelBenchmarks",
            dependencies: ["DaguerreTensors", "DaguerreCPU", "DaguerreMeter", "CKernels", "CVendor"],
            path: "Benchmarks/Kernels", swiftSettings: swiftSettings),
        .executableTarget(
            name: "AdapterBenchmark",
            dependencies: [
                "DaguerreTensors", "DaguerreCPU", "DaguerreCheckpoints", "DaguerreModels", "DaguerreAdapters",
            ],
            path: "Benchmarks/Adapters", swiftSettings: swiftSettings),
        .executableTarget(
            name: "BatchBenchmark",
            dependencies: ["Daguerre"],
            path: "Benchmarks/Batches", swiftSettings: swiftSettings),

        .executableTarget(
            name: "GatewayBenchmark",
            dependencies: [
                "DaguerreServer", "DaguerreGateway", "DaguerreJobs", "DaguerreRegistry", "DaguerreStorage", "Daguerre",
                "DaguerreImaging",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            path: "Benchmarks/GatewayLoad", swiftSettings: swiftSettings),

        .target(
            name: "TestSupport", dependencies: ["DaguerreTensors", "DaguerreCheckpoints"], path: "Tests/TestSupport",
            swiftSettings: swiftSettings),
        tests("Reference", ["TestSupport", "DaguerreTensors", "DaguerreReference"]),
        tests(
            "Meter",
            [
                "TestSupport", "DaguerreTensors", "DaguerreMeter", "DaguerreCPU", "DaguerreCheckpoints",
                "DaguerreModels",
            ]),
        tests("CPU", ["TestSupport", "DaguerreTensors", "DaguerreCPU", "CKernels", "CVendor"]),
        tests("Kernel", ["TestSupport", "DaguerreTensors", "DaguerreReference", "DaguerreCPU", "CKernels"]),
        tests("Checkpoints", ["TestSupport", "DaguerreTensors", "DaguerreCheckpoints", "DaguerreReference"]),
        tests(
            "Adapters",
            [
                "TestSupport", "DaguerreTensors", "DaguerreReference", "DaguerreCPU", "DaguerreMeter",
                "DaguerreCheckpoints", "DaguerreModels", "DaguerreAdapters",
            ]),
        tests("Tokenizers", ["TestSupport", "DaguerreCheckpoints", "DaguerreTokenizers"]),
        tests("Sampling", ["TestSupport", "DaguerreTensors", "DaguerreReference", "DaguerreSampling"]),
        tests("Models", engine),
        tests("Pipelines", engine),
        tests("Pixels", ["TestSupport", "DaguerreTensors", "DaguerrePixels"]),
        tests("Imaging", ["DaguerrePixels", "DaguerreImaging"]),
        tests(
            "Daguerre",
            [
                "Daguerre", "TestSupport", "DaguerreCheckpoints", "DaguerreTensors", "DaguerreImaging",
                "DaguerrePipelines", "DaguerreSampling", "DaguerreModels", "DaguerrePixels", "DaguerreReference",
            ]),
        tests("Command", ["Command", "CBuiltinModel", "DaguerrePipelines", "DaguerreImaging"]),
        tests("Jobs", ["DaguerreJobs", "DaguerrePixels"]),
        tests("Access", ["DaguerreAccess"]),
        tests("Registry", ["DaguerreRegistry", "TestSupport"]),
        tests(
            "Storage",
            [
                "DaguerreJobs", "DaguerreAccess", "DaguerreStorage", "GatewaySupport", "TestSupport",
                .product(name: "GRDB", package: "GRDB.swift"),
            ]),
        tests(
            "Worker",
            [
                "DaguerreWorker", "DaguerreJobs", "DaguerreRegistry", "Daguerre", "DaguerrePixels", "DaguerreImaging",
                "DaguerrePipelines", "DaguerreModels", "DaguerreReference", "TestSupport",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        tests(
            "Gateway",
            [
                "DaguerreJobs", "DaguerreAccess", "DaguerreRegistry", "DaguerreGateway", "DaguerreImaging",
                "DaguerrePixels", "GatewaySupport",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdTesting", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOWebSocket", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "X509", package: "swift-certificates"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
            ]),
        .target(
            name: "GatewaySupport",
            dependencies: [
                "DaguerreJobs", "DaguerreAccess", "DaguerreRegistry", "DaguerreGateway", "DaguerreImaging",
                "DaguerrePixels", .product(name: "Crypto", package: "swift-crypto"),
            ],
            path: "Tests/GatewaySupport", swiftSettings: swiftSettings),
        .executableTarget(
            name: "GatewayStub",
            dependencies: [
                "GatewaySupport", "DaguerreGateway", .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            path: "Benchmarks/Gateway", swiftSettings: swiftSettings),
        tests(
            "Server",
            [
                "DaguerreServer", "DaguerreGateway", "DaguerreJobs", "DaguerreStorage", "CWebPage",
                .product(name: "Logging", package: "swift-log"),
            ]),
        // Drives the built binaries, which must therefore be built.
        tests(
            "EndToEnd",
            [
                "Command", "GenerateApple", "AdapterBenchmark", "TestSupport", "DaguerreCheckpoints", "DaguerreTensors",
                "DaguerrePixels",
                "DaguerreImaging",
            ]),
    ]
)
