import DaguerreCPU
import FoundationEssentials
import Glibc
import Testing

/// A library is code: it is taken only from folders that nobody else can fill.
@Suite struct OneDNNSearchTests {
    @Test func foldersOfOthersAreNotTrusted() throws {
        let place = "/tmp/daguerre-search-\(UInt64.random(in: 0 ... .max))"
        let folder = place + "/.vendor"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: place) }
        #expect(chmod(folder, 0o755) == 0)
        #expect(OneDNNSearch.isTrusted(".vendor", in: place))
        #expect(OneDNNSearch.isTrusted("usr", in: "/"))
        #expect(!OneDNNSearch.isTrusted("absent", in: place))
        #expect(!OneDNNSearch.isTrusted("passwd", in: "/etc"), "it is a file")
        #expect(chmod(folder, 0o777) == 0)
        #expect(!OneDNNSearch.isTrusted(".vendor", in: place), "anybody can write to it")
        // Only root can give a folder away.
        guard geteuid() == 0 else { return }
        #expect(chmod(folder, 0o755) == 0 && chown(folder, 65534, 65534) == 0)
        #expect(!OneDNNSearch.isTrusted(".vendor", in: place), "it is another's than the place around it")
        #expect(chown(place, 65534, 65534) == 0)
        #expect(OneDNNSearch.isTrusted(".vendor", in: place))
    }
}
