/// What is known of the vendor library that a backend computes with.
public struct VendorLibrary: Hashable, Sendable {
    /// `oneDNN`.
    public let name: String
    /// `3.2.0`.
    public let version: String
    /// The base name of the file it was opened from.
    public let file: String
    /// Where it was found: `environment`, `program`, `project` or `system`.
    public let place: String
}

/// What came of the search for oneDNN, for `daguerre doctor`.
public struct VendorSearch: Sendable {
    /// The library that was opened, or nil.
    public let library: VendorLibrary?
    /// Why files that were tried could not be used, one line each.
    public let failures: [String]

    /// Looks for oneDNN as a backend does; the library stays open for the life of the process.
    public static var oneDNN: VendorSearch {
        VendorSearch(library: OneDNN.found.library?.facts, failures: OneDNN.found.failures)
    }
}
