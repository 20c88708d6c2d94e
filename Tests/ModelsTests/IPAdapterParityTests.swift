import DaguerreCheckpoints
import DaguerreModels
import DaguerreTensors
import Glibc
import TestSupport
import Testing

/// Fixtures: scripts/fixtures/pictures.py, diffusers 0.42.1 in float32, from files with the keys of `h94/IP-Adapter`.
@Suite struct IPAdapterParityTests {
    @Test(arguments: ["plain", "plus", "full-face"], BackendUnderTest.allCases)
    func adapterMatchesDiffusers(_ name: String, _ kind: BackendUnderTest) throws {
        let example = try IPAdapterCase([name], on: kind)
        let tokens = try example.tokens(0, pictures: [0..<1])
        try expectClose(
            tokens, example.fixture["\(name).tokens"], example.tolerance, on: example.backend, "\(name), tokens")
        try example.expectOutput("\(name).output", pictures: [0..<1], scales: [.uniform(0.6)])
    }

    @Test(arguments: BackendUnderTest.allCases)
    func twoAdaptersWithAPictureEachMatchDiffusers(_ kind: BackendUnderTest) throws {
        try IPAdapterCase(["plain", "plus"], on: kind).expectOutput(
            "both.output", pictures: [0..<1, 1..<2], scales: [.uniform(0.6), .uniform(0.9)])
    }

    @Test(arguments: BackendUnderTest.allCases)
    func twoPicturesOfOneAdapterMatchDiffusers(_ kind: BackendUnderTest) throws {
        try IPAdapterCase(["plain"], on: kind).expectOutput("pair.output", pictures: [0..<2], scales: [.uniform(0.6)])
    }

    @Test(arguments: BackendUnderTest.allCases)
    func scalesOfSomePlacesMatchDiffusers(_ kind: BackendUnderTest) throws {
        let example = try IPAdapterCase(["plus"], on: kind)
        try example.expectOutput(
            "style.output", pictures: [0..<1],
            scales: [
                .at([
                    .init(.up, block: 1, index: 1): 1, .init(.down, block: 1, index: 1): 0.7,
                ])
            ])
        try example.expectOutput("middle.output", pictures: [0..<1], scales: [.at([.init(.middle): 0.8])])
    }

    @Test func aScaleOfZeroChangesNothing() throws {
        let example = try IPAdapterCase(["plain"], on: .cpuFloat32)
        let none = try example.output(pictures: [], scales: [])
        expectClose(try example.output(pictures: [0..<1], scales: [.uniform(0)]), none, .exact)
    }

    /// Keys of the files that `h94/IP-Adapter-FaceID` has, and shapes that no adapter has; a word of what is said.
    static let others: [(shapes: [String: Shape], word: String)] = [
        (["image_proj.perceiver_resampler.proj_in.weight": [2, 3]], "FaceID"),
        (["image_proj.norm.weight": [2], "image_proj.proj.0.weight": [4, 2]], "FaceID"),
        (["image_proj.proj.weight": [4, 2], "ip_adapter.0.to_q_lora.down.weight": [1, 2]], "FaceID"),
        (["image_proj.proj.weight": [4, 2]], "norm.weight"),
        (["image_proj.proj.weight": [5, 2], "image_proj.norm.weight": [2]], "multiple of 2"),
        (["image_proj.proj.weight": [4], "image_proj.norm.weight": [2]], "2 axes"),
        (["image_proj.latents": [1, 0, 4]], "latents"),
        (["image_proj.latents": [1, 3, 4]], "proj_in"),
        (["ip_adapter.1.to_k_ip.weight": [1]], "latents"),
    ]

    @Test(arguments: others.indices)
    func otherAdaptersAreRefusedByName(index: Int) throws {
        let (shapes, word) = Self.others[index]
        let path = "/tmp/daguerre-\(UInt64.random(in: 0 ... .max)).safetensors"
        try SafetensorsWriter.write(
            shapes.map { ($0.key, HostTensor(Array(repeating: 0, count: $0.value.elementCount), shape: $0.value)) },
            to: path)
        defer { unlink(path) }
        let store = try WeightStore(files: [SafetensorsFile(path: path, mapping: .read)])
        let error = #expect(throws: ModelError.self) { try IPAdapterConfiguration(of: store, file: "face.safetensors") }
        #expect(error?.description.contains(word) == true, "\(error.debugDescription)")
        #expect(error?.description.contains("face.safetensors") == true)
    }

    @Test func anAdapterForAnotherEncoderOrFamilyIsRefused() throws {
        let example = try IPAdapterCase(["plain"], on: .cpuFloat32)
        let other = try DiskModelFolder(path: Fixture.path("pictures/vision-b"))
            .decode(CLIPVisionConfiguration.self, file: "config.json")
        let wide = try DiskModelFolder(path: Fixture.path("models/unet-xl"))
            .decode(UNetConfiguration.self, file: "config.json")
        let form = example.adapters[0].configuration
        #expect(throws: ModelError.self) {
            try form.requireFit(to: example.unet.configuration, encoder: other, file: "plain.safetensors")
        }
        #expect(throws: ModelError.self) {
            try form.requireFit(to: wide, encoder: example.encoder.configuration, file: "plain.safetensors")
        }
    }
}

/// IP-Adapters, the UNet and the encoder that they are for, and inputs that both halves of guidance share.
struct IPAdapterCase {
    let fixture: Fixture
    let backend: any Backend
    let unet: UNet
    let encoder: CLIPVisionEncoder
    let adapters: [IPAdapter]

    init(_ names: [String], on kind: BackendUnderTest) throws {
        let backend = try kind.make()
        let files = try DiskModelFolder(path: Fixture.path("controls/unet"))
        let shape = try files.decode(UNetConfiguration.self, file: "config.json")
        unet = try buildModel(of: files, on: backend) { try UNet(shape, from: $0) }
        let vision = try DiskModelFolder(path: Fixture.path("pictures/vision-a"))
        let configuration = try vision.decode(CLIPVisionConfiguration.self, file: "config.json")
        encoder = try buildModel(of: vision, base: "model", on: backend) {
            try CLIPVisionEncoder(configuration, from: $0)
        }
        let folder = try DiskModelFolder(path: Fixture.path("pictures/ip-adapter"))
        adapters = try names.map { name in
            let store = try WeightStore(files: [folder.safetensors("\(name).safetensors")])
            let form = try IPAdapterConfiguration(of: store, file: name)
            try form.requireFit(to: shape, encoder: configuration, file: name)
            return try buildModel(of: folder, base: name, on: backend) {
                try IPAdapter(form, for: shape, from: $0)
            }
        }
        fixture = try Fixture("pictures/ip-adapter/expected")
        self.backend = backend
    }

    var tolerance: Tolerance { Tolerances.module(backend.activationType) }

    /// The negative prompt's tokens, then the prompt's.
    func tokens(_ adapter: Int, pictures: [Range<Int>]) throws -> Tensor {
        let rows = pictures[adapter]
        let prepared = nhwc(try fixture["pictures"]).slice(rows)
        return try adapters[adapter].tokens(
            of: prepared, besideNothing: true, seenBy: encoder, on: backend)
    }

    func output(pictures: [Range<Int>], scales: [ImagePromptScale]) throws -> HostTensor {
        var text = try unet.textStates(
            backend.upload(fixture["context"], as: backend.activationType), on: backend)
        for (index, scale) in scales.enumerated() {
            let states = try adapters[index].states(tokens(index, pictures: pictures), on: backend)
            text = text.adding(states, scale: scale, unet: unet.configuration)
        }
        let latents = try backend.upload(nhwc(fixture["latents"]), as: .float32)
        let output = try unet(latents, time: unet.timeStates([501], on: backend), text: text, on: backend)
        return nchw(try backend.download(output))
    }

    func expectOutput(_ key: String, pictures: [Range<Int>], scales: [ImagePromptScale]) throws {
        expectClose(try output(pictures: pictures, scales: scales), try fixture[key], tolerance, "\(key)")
    }
}
