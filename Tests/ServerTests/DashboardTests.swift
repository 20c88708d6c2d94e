import Foundation
import Testing

@Suite struct DashboardTests {
    private let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..")

    /// A metric that is renamed would otherwise leave an empty panel behind, which looks like a quiet server.
    @Test func everyMetricOfTheDashboardExists() throws {
        let text = try String(contentsOf: root.appending(path: "Deploy/grafana-dashboard.json"), encoding: .utf8)
        let dashboard = try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        let panels = try #require(dashboard["panels"] as? [[String: Any]])
        let queries = panels.flatMap { $0["targets"] as? [[String: Any]] ?? [] }.compactMap { $0["expr"] as? String }
        #expect(queries.count >= panels.count && panels.count >= 10)

        let folder = root.appending(path: "Sources/Gateway/Metrics")
        let sources = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .map { try String(contentsOf: $0, encoding: .utf8) }.joined()
        let exported = Set(sources.matches(of: /"((?:daguerre|process)_[a-z_]+)"/).map { String($0.1) })
        #expect(exported.contains("daguerre_jobs_total"))
        for query in queries {
            let names = query.matches(of: /\b(?:daguerre|process)_[a-z_]+/).map { String($0.0) }
            #expect(!names.isEmpty, "\(query)")
            for name in names {
                let family = name.replacing(/_(bucket|sum|count)$/, with: "")
                #expect(exported.contains(name) || exported.contains(family), "\(name) is not exported")
            }
        }
        // And what is exported is shown.
        for name in exported where name != "daguerre_draining" {
            #expect(queries.contains { $0.contains(name) }, "\(name) is shown by no panel")
        }
    }
}
