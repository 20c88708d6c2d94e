/// A `*.safetensors.index.json`: which shard has which tensor.
struct ShardIndex {
    /// The shards' names, sorted; all in the folder of the index.
    let files: [String]

    private let file: String
    private let weightMap: [String: String]

    init(file: String, _ text: [UInt8]) throws(CheckpointError) {
        self.file = file
        let value: JSONValue
        do {
            value = try JSONText.parse(text, maximumDepth: 8)
        } catch {
            throw .shardIndex(
                file: file, key: nil, expected: "one JSON object with each name once", found: error.found)
        }
        guard case .object(let members)? = value["weight_map"] else {
            throw .shardIndex(file: file, key: "weight_map", expected: "an object", found: "none")
        }
        var weightMap: [String: String] = [:]
        for member in members {
            guard case .string(let shard) = member.value else {
                throw .shardIndex(
                    file: file, key: member.name, expected: "a file's name", found: member.value.shortText)
            }
            guard shard.isSafeFileName, shard.hasSuffix(".safetensors") else {
                throw .shardIndex(
                    file: file, key: member.name, expected: "a safetensors file in the same folder", found: shard)
            }
            weightMap[member.name] = shard
        }
        guard !weightMap.isEmpty else {
            throw .shardIndex(file: file, key: "weight_map", expected: "an entry per tensor", found: "none")
        }
        self.weightMap = weightMap
        files = Set(weightMap.values).sorted()
    }

    /// Checks that each tensor lies in the shard that the index says, and that no other tensor is there.
    func check(_ store: WeightStore, prefix: String) throws(CheckpointError) {
        var found: [String: String] = [:]
        for shard in store.files {
            for entry in shard.entries { found[entry.key] = shard.name }
        }
        for (key, shard) in weightMap.sorted(by: { $0.key < $1.key }) where found[key] != prefix + shard {
            throw .shardIndex(
                file: file, key: key, expected: "it in \(shard.excerpt)", found: found[key] ?? "it in no shard")
        }
        if let extra = found.keys.filter({ weightMap[$0] == nil }).min() {
            throw .shardIndex(file: file, key: extra, expected: "an entry for each tensor", found: "none")
        }
    }
}
