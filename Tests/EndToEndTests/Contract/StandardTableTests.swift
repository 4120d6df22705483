import Host
import Testing

/// The table of promises names tests that there are.
@Suite struct StandardTableTests {
    @Test func everyTestThatTheTableNamesIsThere() throws {
        let docs = try Directory(path: "\(Fixture.checkout)/docs")
        let table = String(
            decoding: try docs.read("image-standard.md", limit: 1 << 20), as: UTF8.self)
        let rows = table.split(separator: "\n").filter { $0.hasPrefix("| ") && !$0.hasPrefix("|-") }
            .filter { !$0.hasSuffix("held by |") }
        #expect(rows.count > 50)
        for row in rows {
            let names = row.matches(of: /`([A-Za-z]+\/[A-Za-z\/]+)\.([A-Za-z0-9]+)`/)
            #expect(!names.isEmpty || row.hasSuffix("*open* |"), "\(row)")
            for name in names {
                let file = "\(Fixture.checkout)/Tests/\(name.output.1).swift"
                let source = (try? readHostFile(file, limit: 1 << 20)) ?? []
                let text = String(decoding: source, as: UTF8.self)
                let isThere = text.contains("func \(name.output.2)(")
                #expect(isThere, "\(name.output.0)")
            }
        }
    }
}
