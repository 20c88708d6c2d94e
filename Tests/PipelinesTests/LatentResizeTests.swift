import DaguerrePipelines
import DaguerreTensors
import TestSupport
import Testing

@Suite struct LatentResizeTests {
    /// Fixtures: scripts/fixtures/pipelines_editing.py, torch's `interpolate`.
    @Test(arguments: LatentFilter.Kind.allCases, [false, true])
    func latentsAreResizedAsTorchDoes(_ kind: LatentFilter.Kind, isSmoothed: Bool) throws {
        let fixture = try Fixture("pipelines/editing/resizing")
        let latents = nhwc(try fixture["latents"])
        let name = kind == .nearest ? "nearest-exact" : kind.rawValue + (isSmoothed ? "-smooth" : "")
        for (height, width) in [(13, 20), (7, 4), (3, 11), (21, 27)] {
            let resized = latents.resized(
                height: height, width: width, LatentFilter(kind, isSmoothed: isSmoothed))
            expectClose(
                nchw(resized), try fixture["\(name).\(height)x\(width)"],
                .elementwise(absolute: 2e-6, relative: 1e-5), "\(name) to \(height)×\(width)")
        }
    }
}
