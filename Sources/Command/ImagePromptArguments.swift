import ArgumentParser
import DaguerreImaging
import DaguerrePixels

/// The options that give pictures to see beside the prompt.
struct ImagePromptArguments: ParsableArguments {
    @Option(help: ArgumentHelp("An IP-Adapter, a .safetensors file.", valueName: "file"))
    var ipAdapter: String?

    @Option(help: ArgumentHelp("A picture that it shows. Repeatable.", valueName: "file"))
    var ipAdapterImage: [String] = []

    @Option(
        help: ArgumentHelp(
            "The folder of the CLIP image encoder that it was trained with: config.json and model.safetensors.",
            valueName: "folder"))
    var imageEncoder: String?

    @Option(
        parsing: .unconditional, help: ArgumentHelp("How much the pictures are heeded; 1 is fully.", valueName: "x"))
    var ipAdapterScale = 1.0

    func validate() throws {
        guard let ipAdapter else {
            if !ipAdapterImage.isEmpty { throw ValidationError("--ip-adapter-image needs --ip-adapter") }
            return
        }
        guard !ipAdapterImage.isEmpty else {
            throw ValidationError("--ip-adapter \(baseName(ipAdapter)) needs --ip-adapter-image, a picture to show")
        }
        guard imageEncoder != nil else {
            throw ValidationError(
                "--ip-adapter \(baseName(ipAdapter)) needs --image-encoder, the folder of its encoder")
        }
        guard (-10...10).contains(ipAdapterScale) else {
            throw ValidationError("--ip-adapter-scale is \(ipAdapterScale), expected a number from -10 to 10")
        }
    }

    /// Reads the pictures.
    func images() throws -> [Image] { try ipAdapterImage.map { try ImageFile.read($0).image } }
}
