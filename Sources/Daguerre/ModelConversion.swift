public import DaguerreCheckpoints
import DaguerreImaging
import DaguerreMeter
public import DaguerreTensors
import Glibc

/// Turns a checkpoint into another layout, or its numbers into another type.
///
/// Tensors are made and written one after the other, so a checkpoint of any size takes little memory. What is written
/// appears whole or not at all, and only after it was read back as the same model.
public struct ModelConversion: Sendable {
    /// How a checkpoint is stored.
    public enum Layout: String, Hashable, Sendable, CaseIterable {
        /// A folder with a subfolder for each part, as diffusers has it.
        case diffusers
        /// One safetensors file, as latent diffusion's code has it.
        case ldm
    }

    /// What is to be converted: a folder, or a file that is open.
    public enum Source: Sendable {
        /// A folder in diffusers' layout.
        case folder(any ModelFiles)
        /// A file of tensors.
        case file(any TensorFile)
    }

    /// What was written.
    public struct Result: Sendable {
        /// The layout of what was written.
        public let layout: Layout
        /// How many tensors there are, and the bytes of all of them.
        public let tensorCount, byteCount: Int
        /// Numbers that became infinite because their new type has none so large.
        public let overflowCount: Int
    }

    /// What is read.
    public let source: Source
    /// How it is to be stored.
    public let layout: Layout
    /// What numbers become; as they are if nil.
    public let elementType: ElementType?
    /// What the denoiser predicts, where a file does not say.
    public let prediction: SingleFilePrediction.Kind?

    /// Plans a conversion.
    public init(
        _ source: Source, to layout: Layout, as elementType: ElementType? = nil,
        prediction: SingleFilePrediction.Kind? = nil
    ) {
        self.source = source
        self.layout = layout
        self.elementType = elementType
        self.prediction = prediction
    }

    /// Opens what is at `path`: a folder, a safetensors file, or a pickle, which a process of its own reads.
    ///
    /// - Parameter program: the program that is run as that process; see ``PickleProcess``.
    public static func open(_ path: String, program: String = "/proc/self/exe") throws(CheckpointError) -> Source {
        guard DiskModelFolder.isFile(path) else { return .folder(try PickledFolder(path: path, program: program)) }
        return .file(
            path.namesPickle
                ? try PickleProcess.open(path, program: program) : try SafetensorsFile(path: path))
    }

    /// Writes to `path`, where nothing may be.
    ///
    /// - Parameter progress: is told of the bytes written and of all that there are; false ends the conversion.
    /// - Throws: `CheckpointError`, `ModelError` or `SamplingError` if the source is no model that could be loaded, or
    ///   if the new layout cannot say what the old one does.
    public func write(to path: String, progress: (Int, Int) -> Bool = { _, _ in true }) throws -> Result {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        guard access(path, F_OK) != 0 else {
            throw CheckpointError.unwritable(file: name, reason: "there is something of that name; choose another")
        }
        switch (source, layout) {
        case (.file(let file), .ldm):
            let store = try WeightStore(files: [file])
            let tensors = store.entries.map { PlannedTensor($0, of: store, as: elementType) }
            return try writeFile(tensors, file.metadata, to: path, progress) { _ in }
        case (.file(let file), .diffusers):
            return try writeFolder(
                SingleFileModel(file, vocabulary: clipVocabulary(), prediction: prediction), to: path, progress)
        case (.folder(let folder), .diffusers): return try writeFolder(folder, to: path, progress)
        case (.folder(let folder), .ldm):
            let before = try checked(folder)
            let plan = try OriginalPlan(of: folder, as: elementType)
            return try writeFile(plan.tensors, plan.metadata, to: path, progress) { written in
                let file = try SafetensorsFile(path: written)
                let after = try ModelReader(SingleFileModel(file, vocabulary: clipVocabulary()))
                try before.requireSame(as: after, in: folder.name)
            }
        }
    }

    /// Reads every configuration and the shape of every weight.
    private func checked(_ files: any ModelFiles) throws -> ModelReader {
        let reader = try ModelReader(files)
        _ = try reader.model(on: MeterBackend(precision: .float32))
        return reader
    }

    private func writeFile(
        _ tensors: [PlannedTensor], _ metadata: [String: String], to path: String, _ progress: (Int, Int) -> Bool,
        check: (String) throws -> Void
    ) throws -> Result {
        let part = Part(beside: path)
        defer { part.remove() }
        var count = Count(tensors)
        try withoutActuallyEscaping(progress) { progress in
            count.overflows += try SafetensorsWriter.write(tensors, metadata: metadata, to: part.path) {
                count.written += $0
                return progress(count.written, count.bytes)
            }
        }
        try check(part.path)
        try part.move()
        return Result(
            layout: .ldm, tensorCount: count.tensors, byteCount: count.bytes, overflowCount: count.overflows)
    }

    private func writeFolder(
        _ model: any ModelFiles, to path: String, _ progress: (Int, Int) -> Bool
    ) throws -> Result {
        let reader = try checked(model)
        let part = Part(beside: path)
        defer { part.remove() }
        try part.makeFolders([])
        try part.write("model_index.json", reader.index.text(keeping: ModelReader.components))
        let components =
            [("unet", "diffusion_pytorch_model"), ("vae", "diffusion_pytorch_model")]
            + reader.text.map { ($0.component, "model") }
        for folder in [""] + components.map(\.0) + reader.text.map(\.tokenizer) + ["scheduler"] {
            if !folder.isEmpty { try part.makeFolders([folder]) }
            for file in try model.files(in: folder) where Self.isText(file) && file != ModelIndex.file {
                let relative = folder.isEmpty ? file : folder + "/" + file
                if let bytes = try model.bytes(relative) { try part.write(relative, bytes) }
            }
        }
        var planned: [(String, [PlannedTensor], [String: String])] = []
        for (component, base) in components {
            let store = try model.weights(of: component, base: base)
            let tensors = store.entries.map { PlannedTensor($0, of: store, as: elementType) }
            planned.append(
                ("\(component)/\(base).safetensors", tensors, store.metadata.merging(["format": "pt"]) { $1 }))
        }
        var count = Count(planned.flatMap(\.1))
        for (file, tensors, metadata) in planned {
            count.overflows += try SafetensorsWriter.write(tensors, metadata: metadata, to: part.path + "/" + file) {
                count.written += $0
                return progress(count.written, count.bytes)
            }
        }
        try reader.requireSame(as: checked(DiskModelFolder(path: part.path)), in: model.name)
        try part.move()
        return Result(
            layout: .diffusers, tensorCount: count.tensors, byteCount: count.bytes, overflowCount: count.overflows)
    }

    /// A configuration or vocabulary, not weights or their index.
    private static func isText(_ file: String) -> Bool {
        (file.hasSuffix(".json") || file.hasSuffix(".txt")) && !file.contains(".safetensors.index.")
            && !file.contains(".bin.index.")
    }

    private struct Count {
        let tensors, bytes: Int
        var written = 0
        var overflows = 0

        init(_ tensors: [PlannedTensor]) {
            self.tensors = tensors.count
            bytes = tensors.reduce(0) { $0 + $1.byteCount }
        }
    }
}
