public import DaguerreTensors
import Glibc

extension ReferenceBackend {
    /// Sines and cosines of `timestep · exp(−ln 10000 · i / (channels / 2 − frequencyShift))`.
    public func timestepEmbedding(
        _ timesteps: [Double], channels: Int, cosineFirst: Bool, frequencyShift: Double
    ) throws -> Tensor {
        let half = channels / 2
        // float32 in diffusers' own order, since a rounded frequency times a large timestep is a different angle.
        let frequencies = (0..<half).map { i in
            Float(exp(Double(-Float(log(10_000.0)) * Float(i) / Float(Double(half) - frequencyShift))))
        }
        return try tensor([timesteps.count, channels]) { out in
            for (row, timestep) in timesteps.enumerated() {
                for (i, frequency) in frequencies.enumerated() {
                    let angle = Double(Float(timestep) * frequency)
                    let start = row * channels + i
                    out[start + (cosineFirst ? half : 0)] = Float(sin(angle))
                    out[start + (cosineFirst ? 0 : half)] = Float(cos(angle))
                }
            }
        }
    }
}
