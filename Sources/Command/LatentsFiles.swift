import DaguerreCheckpoints
import DaguerreTensors

/// The safetensors files that a run begins with and ends in; each holds one tensor, `latents [N, 4, H/8, W/8]`.
struct LatentsFiles {
    let input: String?
    let output: String?

    private static let key = "latents"

    /// Fails now if the output could not be written.
    init(input: String?, output: String?) throws {
        self.input = input
        self.output = output
        guard let output else { return }
        guard output.hasSuffix(".safetensors") else {
            throw CommandFailure.latentsOutputIsNotSafetensors(name: baseName(output))
        }
        try checkFolder(of: parentFolder(output))
    }

    /// The latents to begin with, if a file is named.
    func read() throws -> HostTensor? {
        guard let input else { return nil }
        let file = try SafetensorsFile(path: input)
        guard let latents = file[Self.key] else {
            throw CommandFailure.noLatents(name: file.name, found: file.entries.map(\.key))
        }
        guard latents.elementType == .float32, latents.shape.rank == 4, latents.shape.elementCount > 0 else {
            throw CommandFailure.misshapenLatents(
                name: file.name, found: "\(latents.elementType.rawValue) \(latents.shape)")
        }
        guard latents.floats.allSatisfy(\.isFinite) else { throw CommandFailure.latentsNotFinite(name: file.name) }
        return latents
    }

    /// Writes the latents that a run ended in, if a file is named.
    func write(_ latents: HostTensor) throws {
        guard let output else { return }
        try SafetensorsWriter.write([(name: Self.key, tensor: latents)], to: output)
    }
}
