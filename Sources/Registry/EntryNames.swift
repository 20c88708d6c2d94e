/// Gives each of what a models folder holds a name that no other of its kind has.
struct EntryNames {
    private var taken: Set<String>

    /// Names beside `reserved`.
    init(reserved: Set<String>) { taken = reserved }

    /// The names of `items`, which are of one kind, in their order: the base name where no other has it, else with the
    /// folders before it, else with its ending too; nil where even that is another's.
    mutating func names(of items: [FolderListing.Item]) -> [String?] {
        var names = [String?](repeating: nil, count: items.count)
        for spelling in [Self.stem, Self.stemInFolder, Self.fileInFolder, Self.whole] {
            let open = items.indices.filter { names[$0] == nil }
            let groups = Dictionary(grouping: open) { spelling(items[$0]) }
            for (name, members) in groups {
                guard members.count == 1, let index = members.first, taken.insert(name).inserted else { continue }
                names[index] = name
            }
        }
        return names
    }

    private static func stem(_ item: FolderListing.Item) -> String { item.stem }

    private static func stemInFolder(_ item: FolderListing.Item) -> String {
        (item.components.dropFirst(item.kindDepth).dropLast() + [item.stem]).joined(separator: "/")
    }

    private static func fileInFolder(_ item: FolderListing.Item) -> String {
        item.components.dropFirst(item.kindDepth).joined(separator: "/")
    }

    private static func whole(_ item: FolderListing.Item) -> String { item.components.joined(separator: "/") }
}
