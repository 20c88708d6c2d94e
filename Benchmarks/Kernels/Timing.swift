/// The median and the least of several timed calls, in seconds.
struct Timing {
    let median, minimum: Double

    /// Calls `body` until `seconds` are spent, at least five times after one call that is not counted.
    init(seconds: Double, _ body: () throws -> Void) rethrows {
        let clock = ContinuousClock()
        try body()
        var samples: [Double] = []
        var total = 0.0
        while samples.count < 5 || (total < seconds && samples.count < 1000) {
            let duration = try clock.measure(body) / .seconds(1)
            samples.append(duration)
            total += duration
        }
        samples.sort()
        median = samples[samples.count / 2]
        minimum = samples[0]
    }
}
