import DaguerreCheckpoints
import DaguerreModels
import DaguerrePixels
import DaguerreTensors
import Glibc
import TestSupport
import Testing

/// Fixtures: scripts/fixtures/pictures.py, diffusers 0.42.1 `StableDiffusionSafetyChecker` in float32.
@Suite struct SafetyCheckerTests {
    @Test(arguments: [BackendUnderTest.reference, .cpuFloat32, .cpuOwnKernels])
    func flagsAndScoresOfManyPicturesEqualDiffusers(_ kind: BackendUnderTest) throws {
        let fixture = try ModelFixture("safety-checker", in: "pictures")
        let backend = try kind.make()
        let checker = try checker(fixture, on: backend)
        let verdicts = try checker(pictures(fixture.expected), on: backend)

        let flags = try fixture.expected["flags"].floats.map { $0 != 0 }
        #expect(verdicts.map(\.isFlagged) == flags)
        #expect(flags.contains(true) && flags.contains(false))
        // Scores are rounded to thousandths, so the last digit may differ by one where the similarity lies on the edge.
        let tolerance = Tolerance.elementwise(absolute: 1.0001e-3, relative: 0)
        func table(_ scores: (SafetyVerdict) -> [SafetyVerdict.Score], _ count: Int) -> HostTensor {
            HostTensor(verdicts.flatMap { scores($0).map { Float($0.value) } }, shape: [verdicts.count, count])
        }
        expectClose(table(\.concepts, 17), try fixture.expected["concepts"], tolerance, "concepts")
        expectClose(table(\.specialCare, 3), try fixture.expected["special"], tolerance, "special care")
        let called = verdicts.count { verdict in verdict.specialCare.contains { $0.value > 0 } }
        #expect(called > 0 && called < verdicts.count)
    }

    @Test func everyScoreHasTheNameOfItsConcept() throws {
        let fixture = try ModelFixture("safety-checker", in: "pictures")
        let backend = try BackendUnderTest.cpuFloat32.make()
        let verdict = try checker(fixture, on: backend)(
            [Image(width: 9, height: 7, filledWith: [9, 8, 7])], on: backend)
        let names = (1...17).map { "concept \($0)" } + (1...3).map { "special care \($0)" }
        #expect(verdict.first?.scores.map(\.name) == names)
    }

    @Test(arguments: ["concept_embeds", "special_care_embeds_weights", "visual_projection.weight"])
    func aScoreThatIsNotANumberClearsNoPicture(key: String) throws {
        let fixture = try ModelFixture("safety-checker", in: "pictures")
        let backend = try BackendUnderTest.cpuFloat32.make()
        let store = try fixture.files.weights(of: "", base: "model")
        let tensors = try store.keys.map { name in
            let tensor = try #require(store[name])
            return (name, name == key ? HostTensor([.nan] + tensor.floats.dropFirst(), shape: tensor.shape) : tensor)
        }
        let path = "/tmp/daguerre-\(UInt64.random(in: 0 ... .max)).safetensors"
        try SafetensorsWriter.write(tensors, to: path)
        defer { unlink(path) }
        let faulty = try WeightStore(files: [SafetensorsFile(path: path, mapping: .read)])
        let configuration = try fixture.configuration(SafetyCheckerConfiguration.self)
        let scope = WeightScope(WeightLedger(faulty, file: "safety_checker"), backend: backend)
        let checker = try SafetyChecker(configuration, from: scope)
        #expect(throws: ModelError.notFinite(model: "safety checker", picture: 1)) {
            _ = try checker([Image(width: 9, height: 7, filledWith: [9, 8, 7])], on: backend)
        }
    }

    @Test func aPreparationOfAnotherSizeIsRefused() throws {
        let fixture = try ModelFixture("safety-checker", in: "pictures")
        let backend = try BackendUnderTest.cpuFloat32.make()
        let error = #expect(throws: ModelError.self) {
            try self.checker(fixture, preparation: CLIPImagePreparation(side: 24), on: backend)
        }
        #expect(error?.description.contains("23 × 23") == true)
    }

    private func checker(
        _ fixture: ModelFixture, preparation: CLIPImagePreparation? = nil, on backend: some Backend
    ) throws -> SafetyChecker {
        let configuration = try fixture.configuration(SafetyCheckerConfiguration.self)
        let own = try fixture.files.decode(CLIPImagePreparation.self, file: "preprocessor_config.json")
        return try buildModel(of: fixture.files, base: "model", on: backend) {
            try SafetyChecker(configuration, preparation: preparation ?? own, from: $0)
        }
    }

    private func pictures(_ fixture: Fixture) throws -> [Image] {
        let bytes = try fixture["pictures"]
        let sizes = try fixture["sizes"].floats.map { Int($0) }
        var start = 0
        return stride(from: 0, to: sizes.count, by: 2).map { index in
            let (height, width) = (sizes[index], sizes[index + 1])
            let part = bytes.slice(start..<start + height * width * 3)
            start += height * width * 3
            return image(part.reshaped([height, width, 3]))
        }
    }
}
