/// The models of a folder, and the one in the executable.
///
/// The folder has a sub-folder for each ``ModelKind``, called as AUTOMATIC1111 or ComfyUI call it or by our own name;
/// checkpoints may lie in the folder itself. A request's name is only ever compared with the names that were found there.
public actor FolderRegistry: ModelRegistry {
    /// The name of the model in the executable.
    public static let builtin = "builtin"

    private let folder: String?
    private let preferred: String?
    private let cachePath: String?
    private let describe: @Sendable (_ kind: ModelKind, _ path: String?) -> ModelDescription?
    private let lookInterval: Duration
    private let clock = ContinuousClock()
    /// One for what requests wait for, one for what takes long.
    private let thread = FileThread(), background = FileThread()

    private var listing = FolderListing()
    private var named: [ModelKind: [(item: FolderListing.Item, fingerprint: String, name: String)]] = [:]
    private var entries: [ModelKind: [RegistryEntry]] = [:]
    private var cache = DigestCache()
    private var builtinDescription: ModelDescription?
    /// Fingerprints whose files could not be read: they are not tried again until they change.
    private var unreadable: Set<String> = []
    private var lastLook: ContinuousClock.Instant?
    private let arrivals = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))

    /// Lists the folder at `path`; none leaves the model in the executable alone.
    ///
    /// - Parameters:
    ///   - preferred: the model of requests that name none.
    ///   - cachePath: a file in which digests are kept from run to run.
    ///   - lookInterval: how long a listing is taken as it is before its folders are looked at again.
    ///   - describe: reads what kind of model lies at a path, or of the one in the executable where it is nil; called on a
    ///     thread that may be blocked.
    /// - Throws: ``RegistryError`` if the folder cannot be read.
    public init(
        folder path: String?, default preferred: String? = nil, cachePath: String? = nil,
        lookInterval: Duration = .seconds(2),
        describe: @escaping @Sendable (_ kind: ModelKind, _ path: String?) -> ModelDescription? = { _, _ in nil }
    ) async throws {
        folder = path
        self.preferred = preferred
        self.cachePath = cachePath
        self.lookInterval = lookInterval
        self.describe = describe
        if let cachePath { cache = try await thread.run { _ in DigestCache(at: cachePath) } }
        try await refresh()
    }

    /// What the folder holds that is not listed, and why, a line each.
    public var problems: [String] { listing.problems }

    /// Every entry of `kind`, in the order of their names, the model in the executable first.
    public func entries(_ kind: ModelKind) async -> [RegistryEntry] {
        await lookIfDue()
        return entries[kind] ?? []
    }

    /// The entry that a request calls `name`, which is only compared.
    public func entry(_ name: String, _ kind: ModelKind) async -> RegistryEntry? {
        await lookIfDue()
        return entry(named: name, kind)
    }

    private func entry(named name: String, _ kind: ModelKind) -> RegistryEntry? {
        let all = entries[kind] ?? []
        func only(_ isMeant: (RegistryEntry) -> Bool) -> RegistryEntry? {
            let meant = all.filter(isMeant)
            return meant.count == 1 ? meant.first : nil
        }
        let key = name.lowercased()
        return only { $0.name == name } ?? only { $0.file == name } ?? only { $0.name.lowercased() == key }
    }

    /// The configured one; else the first in the folder; else the one in the executable.
    public var defaultModel: String {
        get async {
            await lookIfDue()
            if let preferred, let entry = entry(named: preferred, .checkpoint) { return entry.name }
            return entries[.checkpoint]?.first { $0.path != nil }?.name ?? Self.builtin
        }
    }

    /// Lists the folder anew.
    ///
    /// - Throws: ``RegistryError`` if it cannot be read; what was listed before stays.
    public func refresh() async throws {
        lastLook = clock.now
        if let folder { listing = try await thread.run { _ in try FolderScan.listing(of: folder) } }
        var named: [ModelKind: [(FolderListing.Item, String, String)]] = [:]
        var unnamed = 0
        for (kind, items) in Dictionary(grouping: listing.items, by: \.kind) {
            var names = EntryNames(reserved: kind == .checkpoint ? [Self.builtin] : [])
            for (item, name) in zip(items, names.names(of: items)) {
                guard let name else {
                    unnamed += 1
                    continue
                }
                named[kind, default: []].append((item, item.fingerprint, name))
            }
        }
        if unnamed > 0 { listing.problems.append("\(unnamed) files have names that others have already; rename them") }
        self.named = named
        update()
        arrivals.continuation.yield()
    }

    /// Looks at the folders' times, at most once in a while, and lists anew what has changed.
    private func lookIfDue() async {
        guard folder != nil, let last = lastLook, clock.now - last >= lookInterval else { return }
        lastLook = clock.now
        do {
            if try await thread.run({ [listing] _ in FolderScan.hasChanged(listing) }) { try await refresh() }
        } catch {
            // A folder that is gone for now, as network disks are, is listed as it was; whoever loads a file says more.
            listing.problems = ["\(error)"]
        }
    }

    /// Computes digests and reads what models are, one after another, for as long as the task goes on; whoever starts
    /// the server runs this beside the rest, once.
    public func run() async {
        for await _ in arrivals.stream {
            if builtinDescription == nil {
                builtinDescription =
                    (try? await background.run { [describe] _ in describe(.checkpoint, nil) }) ?? ModelDescription()
                update()
            }
            while !Task.isCancelled, let next = nextUnknown() {
                let (item, fingerprint) = (next.item, next.fingerprint)
                let found = try? await background.run { [describe] isCancelled in
                    item.digest(isCancelled).map {
                        DigestCache.Knowledge(
                            digest: $0, description: describe(item.kind, item.path) ?? ModelDescription())
                    }
                }
                guard !Task.isCancelled else { return }
                guard let found else {
                    unreadable.insert(fingerprint)
                    continue
                }
                cache[fingerprint] = found
                await store()
                update()
            }
        }
    }

    private func nextUnknown() -> (item: FolderListing.Item, fingerprint: String)? {
        for kind in ModelKind.allCases {
            for (item, fingerprint, _) in named[kind] ?? []
            where cache[fingerprint] == nil && !unreadable.contains(fingerprint) {
                return (item, fingerprint)
            }
        }
        return nil
    }

    private func store() async {
        guard let cachePath else { return }
        let current = Set(named.values.joined().map(\.fingerprint))
        cache.keep(current)
        unreadable.formIntersection(current)
        let cache = cache
        // What cannot be kept is computed again by the next run.
        _ = try? await background.run { _ in try? cache.write(to: cachePath) }
    }

    private func update() {
        entries = named.mapValues { items in
            items.map { item, fingerprint, name in
                let known = cache[fingerprint]
                return RegistryEntry(
                    name: name, kind: item.kind, file: item.file, path: item.path, byteCount: item.byteCount,
                    fingerprint: fingerprint, digest: known?.digest, family: known?.description.family)
            }
            .sorted { ($0.name.lowercased(), $0.name) < ($1.name.lowercased(), $1.name) }
        }
        let builtin = RegistryEntry(
            name: Self.builtin, kind: .checkpoint, file: Self.builtin, path: nil,
            byteCount: builtinDescription?.byteCount ?? 0, digest: builtinDescription?.digest,
            family: builtinDescription?.family)
        entries[.checkpoint] = [builtin] + (entries[.checkpoint] ?? [])
    }
}
