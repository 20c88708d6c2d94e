/// What a models folder holds at one moment.
struct FolderListing: Sendable {
    /// A file, or a folder that is one model.
    struct Item: Sendable {
        let kind: ModelKind
        /// The folder of its kind, the folders within that, and its own name: from the models folder down.
        let components: [String]
        /// How many of the components, from the first on, name the folder of its kind: 1, or 0 directly in the models folder.
        let kindDepth: Int
        /// Its name without its ending.
        let stem: String
        let path: String
        let byteCount: Int
        /// Those of its files that a digest is taken of, from the item's own path down; one empty text for a file.
        let parts: [Part]

        /// A file, and what changes with its contents.
        struct Part: Sendable {
            let relative: String
            let byteCount: Int
            /// Nanoseconds since 1970.
            let modified: Int64
        }

        var file: String { components.last ?? "" }
    }

    var items: [Item] = []
    /// When each folder that was looked into changed: nanoseconds since 1970, by path.
    var folders: [String: Int64] = [:]
    /// What was left out and why, a line each.
    var problems: [String] = []
}
