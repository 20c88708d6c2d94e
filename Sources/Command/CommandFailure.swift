import Daguerre
import DaguerreAccess
import DaguerreAdapters
import DaguerreCheckpoints
import DaguerreImaging
import DaguerreModels
import DaguerrePipelines
import DaguerrePixels
import DaguerreSampling
import DaguerreServer
import DaguerreTokenizers

/// What the command itself refuses.
enum CommandFailure: Error, Equatable, CustomStringConvertible {
    case invalidUTF8(position: Int)
    case outputIsNeitherFolderNorPicture(name: String)
    /// A picture's file that does not say how it was made.
    case noInfotext(name: String)
    case latentsOutputIsNotSafetensors(name: String)
    case noLatents(name: String, found: [String])
    case misshapenLatents(name: String, found: String)
    case latentsNotFinite(name: String)
    case wrongLatentCount(count: Int, found: String)
    case missingFolder(name: String)
    case invalidLora(String)
    case loraWithoutFolder(name: String)
    case unknownLora(name: String, folder: String, found: [String])
    case recipeNeedsFile(name: String, option: String)
    case notWritable(name: String, reason: String)
    /// A key that is not there, or is revoked already.
    case unknownKey(String)
    /// Standard output refused what was to be printed.
    case outputNotWritten(reason: String)

    var description: String {
        switch self {
        case .invalidUTF8(let position): "argument \(position) is not valid UTF-8; check the terminal's encoding"
        case .outputIsNeitherFolderNorPicture(let name):
            "--output \(name) is no folder and ends in none of .png, .jpg and .webp; pictures are written as these"
        case .noInfotext(let name): "\(name) does not say how it was made; programs that edit pictures often drop that"
        case .latentsOutputIsNotSafetensors(let name):
            "--latents-output \(name) does not end in .safetensors; latents are written as safetensors"
        case .noLatents(let name, let found):
            "\(name) has no tensor latents; it has \(found.isEmpty ? "none" : found.prefix(5).joined(separator: ", "))"
        case .misshapenLatents(let name, let found):
            "\(name): the tensor latents is \(found), expected float32 [N, 4, H/8, W/8]"
        case .latentsNotFinite(let name): "\(name): the tensor latents holds NaN or infinity, expected numbers"
        case .wrongLatentCount(let count, let found):
            "--count is \(count) and the initial latents are \(found), expected one of them for each picture"
        case .invalidLora(let text):
            "--lora \(text): expected a file, then at most two weights: style.safetensors:0.8:0.5"
        case .loraWithoutFolder(let name):
            "the prompt asks for the LoRA \(name); say with --lora-folder where it is looked up"
        case .unknownLora(let name, let folder, let found):
            "the prompt asks for the LoRA \(name), which is not in \(folder); there "
                + (found.isEmpty ? "is none" : "are " + found.prefix(8).joined(separator: ", "))
        case .recipeNeedsFile(let name, let option):
            "\(name) was drawn with a further file, which it does not hold; give it with \(option)"
        case .missingFolder(let name): "the folder \(name) does not exist; make it first"
        case .notWritable(let name, let reason): "nothing can be written to \(name): \(reason)"
        case .unknownKey(let id):
            "there is no key \(id) that is not revoked already; daguerre keys list shows what there is"
        case .outputNotWritten(let reason): "standard output could not be written: \(reason)"
        }
    }

    /// The exit code for an error of any module: 2 where the request or the model is wrong, 1 where the run failed.
    static func exitCode(for error: any Error) -> Int32 {
        switch error {
        case CommandFailure.outputNotWritten: 1
        case ServerError.cannotListen: 1
        case is SettingsError, is ServerError, is AccessError: 2
        case is CommandFailure, is SamplingError, is ModelError, is TokenizerError, is AdapterError, is PixelsError: 2
        case CheckpointError.unwritable: 1
        case is CheckpointError: 2
        case let error as ImagingError: error.isOfInput ? 2 : 1
        case PipelineError.invalid: 2
        default: 1
        }
    }
}
