import FoundationEssentials

extension JobRequest {
    /// Digests of every upload that it refers to, each once.
    public var uploads: Set<BlobDigest> {
        var digests = Set([image?.upload, mask?.upload].compactMap(\.self))
        digests.formUnion(controls.flatMap { [$0.image, $0.mask].compactMap(\.self) })
        digests.formUnion(imagePrompts.flatMap(\.images))
        return digests
    }

    /// What must agree for requests to be computed together: all but what is said, the seeds, how many images, and files.
    ///
    /// LoRAs that a prompt names change the model, so the tags of the prompt are part of it. It is text of no set form, for
    /// comparison only.
    public var batchKey: String {
        var shared = self
        shared.prompt = networkTags(of: prompt)
        shared.negativePrompt = ""
        shared.seed = nil
        shared.variation?.seed = 0
        shared.count = 1
        shared.output = Output()
        shared.previews = false
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        // What JSON cannot hold, such as an infinite number, is in no request that was validated; it stands alone then.
        guard let text = try? encoder.encode(shared) else { return "\(self)" }
        return String(decoding: text, as: UTF8.self)
    }
}

/// The `<…>` of a prompt that may name networks, in their order: `<lora:name:weight>`.
private func networkTags(of prompt: String) -> String {
    var tags = "", rest = prompt[...]
    while let start = rest.firstIndex(of: "<"), let end = rest[start...].firstIndex(of: ">") {
        tags += rest[start...end]
        rest = rest[rest.index(after: end)...]
    }
    return tags
}
