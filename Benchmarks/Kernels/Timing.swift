/// The median and the least of several timed calls, in seconds.
struct Timing {
    let median, minimum: Double

    /// Calls the bodies in turns, so that a busy moment of the machine meets all of them alike.
    ///
    /// Each is called until `seconds` are spent on the first, at least five times after one call that is not counted.
    static func interleaved(seconds: Double, _ bodies: [() throws -> Void]) throws -> [Timing] {
        let clock = ContinuousClock()
        for body in bodies { try body() }
        var samples = [[Double]](repeating: [], count: bodies.count)
        var total = 0.0
        while samples[0].count < 5 || (total < seconds && samples[0].count < 1000) {
            for (i, body) in bodies.enumerated() {
                let duration = try clock.measure(body) / .seconds(1)
                samples[i].append(duration)
                if i == 0 { total += duration }
            }
        }
        return samples.map(Timing.init(sorting:))
    }

    private init(sorting samples: [Double]) {
        let sorted = samples.sorted()
        median = sorted[sorted.count / 2]
        minimum = sorted[0]
    }
}
