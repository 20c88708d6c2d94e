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
}
