public import DaguerreTensors

extension Backend {
    /// `x [N, …]` once for each of `count / N` prompts that share it, `[count, …]`; `x` itself if there is but one.
    ///
    /// The two halves of classifier-free guidance see the same latents, so everything before the first attention to the
    /// text is the same for both and is computed once.
    public func shared(_ x: Tensor, by count: Int) throws -> Tensor {
        precondition(count % max(x.shape[0], 1) == 0, "as many prompts for each sample")
        guard count > x.shape[0] else { return x }
        return try concatenateBatch(Array(repeating: x, count: count / x.shape[0]))
    }

    /// Rows of N samples `[M, …]`, one for each of M prompts, as one batch `[M · N, …]`: row *m* of sample *n* becomes row
    /// *m · N + n*, as a denoiser numbers the prompts of its samples.
    package func joinedByPrompt(_ samples: [Tensor]) throws -> Tensor {
        guard samples.count > 1 else { return samples[0] }
        return try concatenateBatch(
            (0..<samples[0].shape[0]).flatMap { prompt in samples.map { $0.slice(prompt..<prompt + 1) } })
    }
}
