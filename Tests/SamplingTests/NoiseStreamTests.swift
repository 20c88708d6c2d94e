import DaguerreSampling
import DaguerreTensors
import FoundationEssentials
import TestSupport
import Testing

@Suite struct NoiseStreamTests {
    /// What one generator of torch drew, `counts` at a time.
    private struct Draw: Decodable {
        let seed: String
        let counts: [Int]
        let digest: String
        let first, last: Data
    }

    /// Fixtures: scripts/fixtures/noise.py, torch 2.15.0, seven seeds.
    @Test func torchStreamHasTheBitsOfTorch() throws {
        let data = try Data(contentsOf: URL(filePath: Fixture.path("noise/torch.json")))
        let draws = try JSONDecoder().decode([Draw].self, from: data)
        #expect(draws.count == 49)
        for draw in draws {
            var generator = TorchNormal(seed: try #require(UInt64(draw.seed)))
            let values = draw.counts.flatMap { generator.next($0) }
            let bits = values.map(\.bitPattern)
            let comment: Comment = "seed \(draw.seed), \(draw.counts) numbers"
            #expect(bits.prefix(24) == floats(draw.first).map(\.bitPattern)[...], comment)
            #expect(bits.suffix(24) == floats(draw.last).map(\.bitPattern)[...], comment)
            #expect(digest(bits) == draw.digest, comment)
        }
    }

    /// Published: AUTOMATIC1111 stable-diffusion-webui, `rng_philox.py`, to eight decimals.
    @Test func philoxStreamHasThePublishedNumbers() {
        var generator = PhiloxNormal(seed: 0)
        let published = [
            -0.92466259, -0.42534415, -2.6438457, 0.14518388, -0.12086647, -0.57972564, -0.62285122, -0.32838709,
            -1.07454231, -0.36314407, -1.67105067, 2.26550497,
        ]
        for (value, expected) in zip(generator.next(12), published) {
            // No further than the decimal and the float32 were rounded.
            #expect(abs(Double(value) - expected) <= 5e-9 + Double(value.ulp) / 2)
        }
    }

    /// Published: Random123 1.14, `kat_vectors`, philox 4x32 10.
    @Test func philoxBlocksHaveThePublishedBits() {
        #expect(
            PhiloxNormal.bits(counter: [0, 0, 0, 0], key: [0, 0])
                == [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8])
        let ones = UInt32.max
        #expect(
            PhiloxNormal.bits(counter: [ones, ones, ones, ones], key: [ones, ones])
                == [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd])
        #expect(
            PhiloxNormal.bits(
                counter: [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], key: [0xa409_3822, 0x299f_31d0])
                == [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1])
    }

    @Test func philoxSeedsDifferInTheirUpperHalfToo() {
        var low = PhiloxNormal(seed: 7)
        var high = PhiloxNormal(seed: 7 | 1 << 40)
        #expect(low.next(4) != high.next(4))
    }

    @Test(arguments: RandomSource.allCases)
    func laterDrawsDiffer(_ source: RandomSource) {
        var stream = NoiseStream(source, seed: 5)
        let first = stream.next([1, 3, 5, 4]).floats
        #expect(first != stream.next([1, 3, 5, 4]).floats)
    }

    @Test(arguments: RandomSource.allCases)
    func numbersLieInTheOrderOfChannels(_ source: RandomSource) {
        var stream = NoiseStream(source, seed: 11)
        var generator: any NormalGenerator =
            switch source {
            case .philox: PhiloxNormal(seed: 11)
            case .torch: TorchNormal(seed: 11)
            }
        let drawn = HostTensor(generator.next(2 * 4 * 3 * 5), shape: [2, 4, 3, 5])
        #expect(stream.next([2, 3, 5, 4]).floats == nhwc(drawn).floats)
    }

    /// FNV-1a of 64 bits, over the bytes of the numbers.
    private func digest(_ bits: [UInt32]) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for word in bits {
            for byte in 0..<4 { hash = (hash ^ UInt64(word >> (8 * UInt32(byte)) & 0xff)) &* 0x100_0000_01b3 }
        }
        let hex = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - hex.count) + hex
    }
}
