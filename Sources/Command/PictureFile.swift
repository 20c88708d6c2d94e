import Daguerre
import DaguerreImaging
import DaguerrePipelines
import DaguerrePixels
import DaguerreSampling

extension OutputNames {
    /// Writes `image`, with what its file is to say of it, under the first name that is free, and returns the path.
    func write(
        _ image: Image, _ info: Infotext?, _ provenance: Provenance?, prompt: String, seed: UInt64, index: Int,
        count: Int
    ) throws -> String {
        let bytes = try ImageFile.encode(image, as: format, infotext: info?.text, provenance: provenance)
        var attempt = 1
        while true {
            let path = path(prompt: prompt, seed: seed, index: index, count: count, attempt: attempt)
            do {
                try AtomicFile.write(bytes, to: path, replacing: replaces)
                return path
            } catch {
                guard case .fileExists = error, attempt < 100_000 else { throw error }
                attempt += 1
            }
        }
    }
}
