import DaguerreCPU
import DaguerreMeter
import DaguerreModels
import DaguerrePixels
import DaguerreTensors
import TestSupport
import Testing

/// Nothing of a picture goes unseen, and a square one costs no more than it did.
@Suite struct SafetyViewsTests {
    @Test(arguments: [
        (512, 512, 1), (1, 1, 1), (576, 512, 2), (512, 520, 2), (577, 512, 4), (768, 512, 4), (1024, 512, 4),
        (1025, 512, 6), (512, 2048, 8), (2048, 128, 32), (64, 2048, 33), (8192, 1, 33), (3, 8192, 33), (2, 1, 4),
    ])
    func aPictureIsSeenSoOften(width: Int, height: Int, count: Int) {
        #expect(SafetyViews(width: width, height: height).count == count)
    }

    @Test func squaresCoverThePictureAndOverlapByHalf() {
        for (short, long) in [(64, 73), (64, 96), (7, 83), (83, 166), (83, 167), (512, 2048), (64, 1000), (64, 2048)] {
            for (width, height) in [(short, long), (long, short)] {
                let views = SafetyViews(width: width, height: height).views
                let whole = Region(x: 0, y: 0, width: width, height: height)
                // diffusers' own look comes first, and the whole last.
                #expect(views.first?.region == whole && views.first?.isSqueezed == false)
                #expect(views.last?.region == whole && views.last?.isSqueezed == true)
                let length = max(short, (long + 15) / 16)
                let middle = (long - short) / 2..<(long - short) / 2 + short
                let spans =
                    [middle] + views.dropFirst().dropLast().map { width > height ? $0.region.columns : $0.region.rows }
                let starts = spans.map(\.lowerBound).sorted()
                guard views.count > 2 else { continue }
                #expect(starts.first == 0 && spans.map(\.upperBound).max() == long)
                // Where parts are longer than the middle's square, that lies anywhere between two of them.
                for (a, b) in zip(starts, starts.dropFirst()) {
                    #expect(b - a <= (length + 1) / 2, "\(width)×\(height)")
                }
                for view in views.dropFirst().dropLast() {
                    let sides = [view.region.width, view.region.height]
                    #expect(view.isSqueezed && sides.min() == short && sides.max() == length)
                }
            }
        }
    }

    @Test func aPartThatWasDrawnAloneIsSeenByItself() {
        let part = Region(x: 40, y: 8, width: 100, height: 50)
        let views = SafetyViews(width: 400, height: 400, part: part).views
        #expect(views.count == 5)
        #expect(views[1].region == part && !views[1].isSqueezed)
        #expect(views.dropFirst(2).allSatisfy { part.columns.contains($0.region.x) && part.rows.contains($0.region.y) })
        #expect(SafetyViews(width: 9, height: 9, part: Region(x: 0, y: 0, width: 9, height: 9)).count == 1)
    }

    /// A picture of one colour with a square of noise at `offset` along its longer side.
    private func picture(_ width: Int, _ height: Int, noiseAt offset: Int?) -> Image {
        let ground = Image(width: width, height: height, filledWith: [90, 120, 60])
        guard let offset else { return ground }
        let side = min(width, height)
        let noise = Image(
            width: side, height: side,
            pixels: (0..<side * side * 3).map { UInt8(truncatingIfNeeded: ($0 / 41 &+ 7) &* 2_654_435_761 >> 11) })
        let isWide = width > height
        return ground.replacing(
            Region(x: isWide ? offset : 0, y: isWide ? 0 : offset, width: side, height: side), with: noise)
    }

    private func checker(on backend: some Backend) throws -> SafetyChecker {
        try VisionSource<SafetyCheckerConfiguration>(path: Fixture.path("pictures/safety-checker")).checker(on: backend)
    }

    @Test func whatLiesAtAnyPlaceOfALongPictureIsFound() throws {
        let backend = try BackendUnderTest.cpuFloat32.make()
        let checker = try checker(on: backend)
        func scores(_ image: Image) throws -> [Double] {
            let views = SafetyViews(width: image.width, height: image.height)
            return try #require(try checker([image], seenAs: views, on: backend).first).concepts.map(\.value)
        }
        func middle(_ image: Image) throws -> [Double] {
            try #require(try checker([image], on: backend).first).concepts.map(\.value)
        }
        let noise = try scores(picture(64, 64, noiseAt: 0))
        let ground = try scores(picture(64, 64, noiseAt: nil))
        let concept = try #require(noise.indices.max { noise[$0] - ground[$0] < noise[$1] - ground[$1] })
        try #require(noise[concept] > ground[concept] + 0.05)
        for (width, height) in [(256, 64), (64, 256)] {
            for offset in [0, 192] {
                let image = picture(width, height, noiseAt: offset)
                // Where diffusers looks there is nothing to be found.
                #expect(abs(try middle(image)[concept] - ground[concept]) < 0.002)
                #expect(try scores(image)[concept] > noise[concept] - 0.002)
            }
            #expect(abs(try scores(picture(width, height, noiseAt: nil))[concept] - ground[concept]) < 0.002)
            // What diffusers finds is found too.
            let central = picture(width, height, noiseAt: 96)
            #expect(try scores(central)[concept] > (try middle(central)[concept]) - 0.002)
        }
    }

    @Test func aSquareIsJudgedAsDiffusersDoes() throws {
        let backend = try BackendUnderTest.cpuFloat32.make()
        let checker = try checker(on: backend)
        let image = picture(96, 96, noiseAt: 0)
        #expect(
            try checker([image], seenAs: SafetyViews(width: 96, height: 96), on: backend)
                == checker([image], on: backend))
    }

    @Test func whatIsForetoldIsAsOftenAsItLooks() throws {
        func flops(_ views: SafetyViews) throws -> Int {
            let meter = MeterBackend(precision: .float32)
            let checker = try checker(on: meter)
            try checker.rehearse(views, on: meter)
            return meter.report.flops.total
        }
        let one = try flops(SafetyViews(width: 64, height: 64))
        #expect(one > 0)
        #expect(try flops(SafetyViews(width: 256, height: 64)) == 8 * one)
        #expect(try flops(SafetyViews(width: 64, height: 2048)) == 33 * one)
    }
}
