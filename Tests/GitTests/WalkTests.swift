import Foundation
import Testing

@testable import Git

@Suite struct WalkTests {
    @Test func everyKindOfEntryArrives() throws {
        let source = try TestRepository()
        try source.write("hello", to: "README")
        try source.write("#!/bin/sh\n", to: "bin/start")
        try source.write("", to: "lib/deep/empty")
        try source.write("ü", to: "lib/ü.txt")
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o755], ofItemAtPath: source.path + "/bin/start")
        try FileManager.default.createSymbolicLink(
            atPath: source.path + "/lib/deep/up", withDestinationPath: "../../bin/start")
        try source.commit("first")

        #expect(
            try entries(of: source, tree: source.git(["rev-parse", "HEAD^{tree}"])) == [
                "regular README hello", "executable bin/start #!/bin/sh\n",
                "regular lib/deep/empty ", "symlink lib/deep/up ../../bin/start",
                "regular lib/ü.txt ü",
            ])
    }

    @Test func contentOfAnyBytesArrivesWhole() throws {
        let source = try TestRepository()
        let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 / 256) }
        let tree = try source.tree([("100644", Array("big".utf8), source.blob(bytes))])
        let repository = try Repository(at: source.path)
        var seen: [UInt8] = []
        let summary = try repository.walk(try #require(ObjectID(tree))) { _, content in
            seen = content.withUnsafeBytes { Array($0) }
        }
        #expect(seen == bytes)
        #expect(summary == TreeSummary(entries: 1, bytes: 300_000))
    }

    /// Each would reach out of the folder that the tree is written to, or deceive whoever reads
    /// its path. None of it may be visited.
    @Test(arguments: [
        ("100644", "..", "not a name"), ("40000", "..", "not a name"),
        ("100644", ".", "not a name"),
        ("100644", "../x", "slash"), ("100644", "/etc/passwd", "slash"), ("100644", "a/b", "slash"),
        ("40000", ".git", "nothing may be called .git"), ("100644", ".GIT", "called .git"),
        ("120000", ".gIt", "called .git"), ("160000", ".git", "called .git"),
        ("100644", String(repeating: "n", count: 256), "255 bytes"),
    ])
    func hostileNames(mode: String, name: String, reason: String) throws {
        let source = try TestRepository()
        let id = mode == "40000" ? try source.tree([]) : try source.blob(Array("x".utf8))
        let tree = try source.tree([(mode, Array(name.utf8), id)])
        try expectRefusal(source, tree: tree, reason: reason)
        // The same, a folder further down.
        try expectRefusal(
            source, tree: source.tree([("40000", Array("sub".utf8), tree)]), reason: reason)
    }

    @Test func namesThatAreNotUTF8() throws {
        let source = try TestRepository()
        let tree = try source.tree([("100644", [0x61, 0xff], source.blob([1]))])
        try expectRefusal(source, tree: tree, reason: "not UTF-8")
    }

    /// git's own trap: the link is written first, then the folder of the same name through it.
    @Test(arguments: [("120000", "40000"), ("40000", "120000"), ("100644", "100644")])
    func oneNameTwice(first: String, second: String) throws {
        let source = try TestRepository()
        let inner = try source.tree([("100644", Array("x".utf8), source.blob([1]))])
        let link = try source.blob(Array("b".utf8))
        let ids = ["120000": link, "40000": inner, "100644": link]
        // `a.` sorts between the file `a` and the folder `a`: the two need not be neighbours.
        let tree = try source.tree([
            (first, Array("a".utf8), try #require(ids[first])),
            ("100644", Array("a.".utf8), link),
            (second, Array("a".utf8), try #require(ids[second])),
        ])
        let repository = try Repository(at: source.path)
        let id = try #require(ObjectID(tree))
        let error = #expect(throws: GitError.self) { try repository.walk(id) { _, _ in } }
        #expect(error?.code == .unsafeTree)
        #expect(error?.message.contains("names it twice") == true)
    }

    /// In the folder `sub`, so one step up is within the tree and two are not.
    @Test(arguments: [
        ("x", true), ("../x", true), ("./../x/./y", true), ("..", true), (".", true), ("..x", true),
        ("a/b/c/", true), ("/etc/passwd", false), ("../../x", false), ("../..", false),
        (".././../x", false), ("a/../b", false), ("../a/..", false), ("", false), ("a\0b", false),
    ])
    func links(target: String, allowed: Bool) throws {
        let source = try TestRepository()
        let link = try source.blob(Array(target.utf8))
        let tree = try source.tree([
            ("40000", Array("sub".utf8), source.tree([("120000", Array("l".utf8), link)]))
        ])
        if allowed {
            #expect(try entries(of: source, tree: tree) == ["symlink sub/l \(target)"])
        } else {
            try expectRefusal(source, tree: tree, reason: "a link")
        }
    }

    @Test func aLinksTargetIsBounded() throws {
        let source = try TestRepository()
        let target = Array(String(repeating: "a/", count: 3000).utf8)
        let tree = try source.tree([("120000", Array("l".utf8), source.blob(target))])
        try expectRefusal(source, tree: tree, reason: "no path")
    }

    @Test func submodulesAreLeftOutAndNamed() throws {
        let source = try TestRepository()
        let absent = String(repeating: "1", count: 40)
        let tree = try source.tree([
            ("100644", Array("a".utf8), source.blob([1])), ("160000", Array("sub".utf8), absent),
        ])
        let repository = try Repository(at: source.path)
        var visited: [String] = []
        let summary = try repository.walk(try #require(ObjectID(tree))) { entry, _ in
            visited.append(entry.path)
        }
        #expect(visited == ["a"])
        #expect(summary == TreeSummary(entries: 2, bytes: 1, submodules: ["sub"]))
    }

    /// Forty trees, each holding the next one twice: 2^40 paths in 3 kB. And twenty folders deep.
    @Test func bombsAreCutShort() throws {
        let source = try TestRepository()
        let blob = try source.blob(Array(repeating: 0, count: 1000))
        var tree = try source.tree([("100644", Array("f".utf8), blob)])
        for _ in 0..<40 {
            tree = try source.tree([
                ("40000", Array("a".utf8), tree), ("40000", Array("b".utf8), tree),
            ])
        }
        let id = try #require(ObjectID(tree))
        let repository = try Repository(at: source.path)
        func walk(_ limits: TreeLimits) -> String {
            failure { _ = try repository.walk(id, limits: limits) { _, _ in } }
        }
        #expect(walk(TreeLimits(entries: 5000)).contains("more than 5000 entries"))
        #expect(walk(TreeLimits(depth: 20)).contains("more than 20 folders deep"))
        #expect(walk(TreeLimits(bytes: 9999)).contains("more than 9999 bytes in all"))
        #expect(walk(TreeLimits(bytesPerFile: 999)).contains("has 1000 bytes, a file at most 999"))
    }

    /// Its 17 MB pack to nearly nothing, and would all be read for the first entry.
    @Test func aTreesOwnSizeIsBounded() throws {
        let source = try TestRepository()
        let blob = try source.blob([1])
        let entries = (0..<62_000).map {
            ("100644", Array("\(1_000_000 + $0)".utf8) + filler, blob)
        }
        let tree = try #require(ObjectID(source.tree(entries)))
        let repository = try Repository(at: source.path)
        let error = #expect(throws: GitError.self) { try repository.walk(tree) { _, _ in } }
        #expect(error?.code == .limitExceeded)
        #expect(error?.subject.hasPrefix("tree ") == true)
    }

    private let filler = [UInt8](repeating: UInt8(ascii: "x"), count: 240)

    @Test func whatTheVisitorThrowsComesThrough() throws {
        struct DiskFull: Error {}
        let source = try TestRepository()
        let tree = try source.tree([("100644", Array("a".utf8), source.blob([1]))])
        let repository = try Repository(at: source.path)
        let id = try #require(ObjectID(tree))
        #expect(throws: DiskFull.self) { try repository.walk(id) { _, _ in throw DiskFull() } }
    }

    /// A pushed name must not drive the terminal of whoever reads the error.
    @Test func namesAreEscapedInErrors() throws {
        let source = try TestRepository()
        let name = Array("\u{1b}[2J\u{202e}x".utf8)
        let tree = try source.tree([("120000", name, source.blob(Array("/".utf8)))])
        let repository = try Repository(at: source.path)
        let id = try #require(ObjectID(tree))
        let text = failure { _ = try repository.walk(id) { _, _ in } }
        #expect(text.hasPrefix("\\u{1b}[2J\\u{202e}x in repository"))
    }

    private func expectRefusal(_ source: TestRepository, tree: String, reason: String) throws {
        let repository = try Repository(at: source.path)
        let id = try #require(ObjectID(tree))
        var visited = 0
        let error = #expect(throws: GitError.self) {
            try repository.walk(id) { _, _ in visited += 1 }
        }
        #expect(error?.code == .unsafeTree)
        #expect(error?.message.contains(reason) == true, "\(String(describing: error))")
        #expect(visited == 0)
    }

    private func entries(of source: TestRepository, tree: String) throws -> [String] {
        let repository = try Repository(at: source.path)
        var lines: [String] = []
        _ = try repository.walk(try #require(ObjectID(tree))) { entry, content in
            let text = content.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
            lines.append("\(entry.kind) \(entry.path) \(text)")
        }
        return lines
    }
}
