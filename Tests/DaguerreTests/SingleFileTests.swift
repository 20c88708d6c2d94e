import Daguerre
import Glibc
import TestSupport
import Testing

/// Checkpoints of one file from end to end; fixtures: scripts/fixtures/single_files.py.
@Suite struct SingleFileTests {
    static let families = [
        ("sd1", "Stable Diffusion 1.x"), ("sd2", "Stable Diffusion 2.x"), ("sdxl", "Stable Diffusion XL"),
        ("sdxl-refiner", "Stable Diffusion XL refiner"), ("sd1-inpainting", "Stable Diffusion 1.x, inpainting"),
    ]

    @Test(arguments: families)
    func aFileOfEachFamilyIsInspected(name: String, family: String) throws {
        let scratch = try ScratchFolder()
        let path = scratch.path + "/model.safetensors"
        try SingleFileFixture(name + ".original").write(to: path)
        let inspection = try ModelInspection(at: path)
        #expect(inspection.problems == [])
        #expect(inspection.family == family && inspection.layout == "file")
        #expect(inspection.components.map(\.files) == inspection.components.map { _ in ["model.safetensors"] })
    }

    /// The real names and shapes; the file is one hole, so only its header takes room.
    @Test(arguments: [
        ("sd1", 859_520_964, 123_060_557 - 77), ("sd2", 865_910_724, 340_387_840),
        ("sdxl", 2_567_463_684, 123_060_480), ("sdxl-refiner", 2_259_526_660, 694_659_840),
    ])
    func everyTensorOfTheRealCheckpointsHasItsPlace(name: String, unet: Int, text: Int) throws {
        let scratch = try ScratchFolder()
        let path = scratch.path + "/model.safetensors"
        try SingleFileFixture(name + "-real.original").writeHole(to: path)
        let inspection = try ModelInspection(at: path)
        #expect(inspection.problems == [])
        let counts = Dictionary(
            inspection.components.map { ($0.name, $0.parameterCount) }, uniquingKeysWith: { first, _ in first })
        #expect(counts["unet"] == unet)
        #expect(counts["vae"] == 83_653_863)
        #expect(inspection.width == (name == "sd1" ? 512 : name == "sd2" ? 768 : 1024))
    }
}
