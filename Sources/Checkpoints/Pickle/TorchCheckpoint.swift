import DaguerreTensors

/// The tensors that a file of `torch.save` has, and where in the file their numbers lie.
///
/// Source: PyTorch `torch/serialization.py`, the archive of version 1.6 and later: a ZIP with `data.pkl` and one stored
/// entry `data/<key>` for each storage.
public struct TorchCheckpoint {
    /// One tensor's place.
    struct Entry: Hashable {
        let key: String
        let elementType: ElementType
        let shape: [Int]
        /// Elements from one entry of an axis to the next.
        let strides: [Int]
        /// The first element's place in the file.
        let start: Int
    }

    /// In the order in which the file names them.
    private(set) var entries: [Entry] = []
    /// Whole numbers beside the weights that say something about them: `global_step`.
    private(set) var metadata: [String: String] = [:]

    /// The largest pickle, in bytes: weights are outside it.
    private static let largestPickle = 32 << 20
    /// The deepest dictionaries in dictionaries.
    private static let largestDepth = 8

    /// Reads the directory and the pickle of `source`, and no number of a tensor.
    ///
    /// - Throws: ``PickleProblem``; one that names the opcode or name that is not allowed, where there is one.
    public init(_ source: ByteSource) throws(PickleProblem) {
        try Self.requireArchive(source)
        let archive = try ZipArchive(source)
        let pickles = archive.entries.filter { $0.key.hasSuffix("/data.pkl") }
        guard pickles.count == 1, let (name, range) = pickles.first else {
            throw PickleProblem(found: "\(pickles.count) entries data.pkl", expected: "one, as torch.save writes")
        }
        guard range.count <= Self.largestPickle else {
            throw PickleProblem(found: "a pickle of \(range.count) bytes", expected: "at most \(Self.largestPickle)")
        }
        let folder = name.dropLast("data.pkl".count)
        if let order = archive.entries[folder + "byteorder"], order.count < 16,
            try source.bytes(order) != Array("little".utf8)
        {
            throw PickleProblem(found: "numbers with their highest byte first", expected: "the lowest first")
        }
        let (reader, root) = try PickleReader.read(source.bytes(range))
        var places: [Place?] = []
        for storage in reader.storages {
            places.append(
                try archive.entries["\(folder)data/\(storage.key)"].map { range throws(PickleProblem) in
                    try Place(storage, range)
                })
        }
        try collect(reader, root, places)
    }

    /// The beginning of the file tells an archive from what PyTorch wrote before.
    private static func requireArchive(_ source: ByteSource) throws(PickleProblem) {
        let start = try source.bytes(0..<16)
        guard !start.starts(with: [0x50, 0x4b, 0x03, 0x04]) else { return }
        let found =
            start.first == 0x80
            ? "a pickle from before PyTorch 1.6" : start.isEmpty ? "an empty file" : "no archive of PyTorch"
        throw PickleProblem(
            found: found, expected: "an archive of torch.save; load it with PyTorch and save it again")
    }

    /// A storage's bytes in the file.
    private struct Place {
        let start: Int
        let type: ElementType
        let count: Int

        init(_ storage: PickleReader.Storage, _ range: Range<Int>) throws(PickleProblem) {
            start = range.lowerBound
            type = storage.type.elementType
            count = storage.count
            guard range.count / type.byteCount >= count else {
                throw PickleProblem(
                    found: "\(range.count) bytes for \(count) numbers in \"\(storage.key)\"", expected: "all of them")
            }
        }
    }

    /// Goes through the dictionaries; `state_dict` alone where there is one.
    private mutating func collect(
        _ reader: PickleReader, _ root: PickleValue, _ places: [Place?]
    ) throws(PickleProblem) {
        var root = root
        if case .dictionary(let index) = root {
            for (key, value) in reader.dictionaries[index] {
                switch (key, value) {
                case (.text("state_dict"), .dictionary): root = value
                case (.text("global_step"), .integer(let step)): metadata["global_step"] = "\(step)"
                default: break
                }
            }
        }
        var names: Set<String> = []
        var visits = 0
        func visit(_ value: PickleValue, _ path: String, depth: Int) throws(PickleProblem) {
            switch value {
            case .tensor(let index):
                let entry = try Self.entry(path, reader, index, places)
                guard entry.key.isSafeTensorName, names.insert(path).inserted else {
                    throw PickleProblem(found: "the name \"\(path)\"", expected: "printable names, each once")
                }
                entries.append(entry)
            case .dictionary(let index):
                guard depth < Self.largestDepth else { return }
                for (key, value) in reader.dictionaries[index] {
                    // One dictionary in many places would be gone through in each.
                    visits += 1
                    guard visits <= 4 * SafetensorsLimits.tensorCount else {
                        throw PickleProblem(found: "too many names", expected: "\(SafetensorsLimits.tensorCount)")
                    }
                    let part: String
                    switch key {
                    case .text(let text): part = text
                    case .integer(let number): part = "\(number)"
                    default: continue
                    }
                    guard part.utf8.count <= SafetensorsLimits.nameBytes else { continue }
                    try visit(value, path.isEmpty ? part : path + "." + part, depth: depth + 1)
                }
            default: break
            }
        }
        try visit(root, "", depth: 0)
        guard !entries.isEmpty else { throw PickleProblem(found: "no tensor", expected: "a dictionary of tensors") }
    }

    private static func entry(
        _ key: String, _ reader: PickleReader, _ index: Int, _ places: [Place?]
    ) throws(PickleProblem) -> Entry {
        let tensor = reader.tensors[index]
        func problem(_ found: String) -> PickleProblem {
            PickleProblem(found: "tensor \"\(key)\" \(found)", expected: "one inside its storage")
        }
        guard let place = places[tensor.storage] else { throw problem("without its numbers") }
        guard tensor.shape.count == tensor.strides.count, tensor.shape.count <= SafetensorsLimits.rank,
            tensor.offset >= 0, (tensor.shape + tensor.strides).allSatisfy({ $0 >= 0 })
        else { throw problem("of shape \(tensor.shape)") }
        var count = 1
        var last = tensor.offset
        for (extent, stride) in zip(tensor.shape, tensor.strides) {
            let (product, overflows) = count.multipliedReportingOverflow(by: max(extent, 1))
            let (reach, reaches) = max(extent - 1, 0).multipliedReportingOverflow(by: stride)
            let (end, ends) = last.addingReportingOverflow(reach)
            guard !overflows, !reaches, !ends else { throw problem("of shape \(tensor.shape)") }
            (count, last) = (product, end)
        }
        let isEmpty = tensor.shape.contains(0)
        // Numbers that are shown in many places at once, by strides of zero, could fill any memory.
        guard isEmpty || last < place.count && count <= place.count else { throw problem("outside its storage") }
        let start = isEmpty ? place.start : place.start + tensor.offset * place.type.byteCount
        return Entry(
            key: key, elementType: place.type, shape: tensor.shape, strides: tensor.strides, start: start)
    }
}

extension PickledType {
    /// How one element is stored.
    var elementType: ElementType {
        switch self {
        case .float32: .float32
        case .float64: .float64
        case .float16: .float16
        case .bfloat16: .bfloat16
        case .int64: .int64
        case .int32: .int32
        case .int16: .int16
        case .int8: .int8
        case .uint8: .uint8
        case .bool: .bool
        }
    }
}
