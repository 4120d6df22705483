import Foundation
import Testing

@testable import Git

@Suite struct FilesTests {
    @Test func filesComeFromTheTreeAndNotFromTheDisk() throws {
        let source = try TestRepository()
        try source.write("b: 1\n", to: "apps/b.yaml")
        try source.write("a: 1\n", to: "apps/a.yaml")
        try source.write("", to: "apps/README.md")
        try source.write("c", to: "apps/deeper/c.yaml")
        try source.write("d", to: "apps/folder.yaml/d")
        try source.commit("first")
        try source.write("not committed", to: "apps/a.yaml")

        let repository = try Repository(at: source.path)
        let tree = try repository.treeId(of: repository.resolve("HEAD"), at: "apps")
        let files = try repository.files(in: tree, suffix: ".yaml")
        #expect(files.map(\.name) == ["a.yaml", "b.yaml"])
        #expect(files.map(\.bytes) == [Array("a: 1\n".utf8), Array("b: 1\n".utf8)])
        // Git's own id of a blob with these bytes: `printf 'a: 1\n' | git hash-object --stdin`.
        #expect(files.first?.id.description == "a8926a52d8dcba5c4386945476ab6a2ad008afd4")
    }

    @Test func limitsHold() throws {
        let source = try TestRepository()
        for name in ["a", "b", "c"] { try source.write("12345678", to: "\(name).yaml") }
        try source.commit("first")
        let repository = try Repository(at: source.path)
        let tree = try repository.resolve("HEAD").treeId
        func read(_ limits: FileLimits) -> String {
            failure { _ = try repository.files(in: tree, suffix: ".yaml", limits: limits) }
        }
        #expect(read(FileLimits(files: 3, bytesPerFile: 8, bytes: 24)) == "")
        #expect(read(FileLimits(files: 2)).contains("holds more than 2 files that end in .yaml"))
        #expect(read(FileLimits(bytesPerFile: 7)).contains("file a.yaml in repository"))
        #expect(read(FileLimits(bytes: 23)).contains("more than 23 bytes in all"))
    }

    @Test func linksAndOddNamesAreRefused() throws {
        let source = try TestRepository()
        let blob = try source.blob(Array("/etc/shadow".utf8))
        let repository = try Repository(at: source.path)
        for (mode, name) in [
            ("120000", Array("a.yaml".utf8)), ("160000", Array("a.yaml".utf8)),
            ("100644", Array("../a.yaml".utf8)), ("100644", [0xff] + Array(".yaml".utf8)),
        ] {
            let tree = try #require(ObjectID(source.tree([(mode, name, blob)])))
            let error = #expect(throws: GitError.self) {
                try repository.files(in: tree, suffix: ".yaml")
            }
            #expect(error?.code == .unsafeTree)
        }
    }

    /// An object that is not what the tree says, or is not there at all.
    @Test func damageIsAnError() throws {
        let source = try TestRepository()
        let blob = try source.blob([1, 2, 3])
        let repository = try Repository(at: source.path)
        let name = Array("a.yaml".utf8)
        let empty = try source.tree([])
        for id in [empty, String(repeating: "1", count: 40)] {
            let tree = try #require(ObjectID(source.tree([("100644", name, id)])))
            #expect(throws: GitError.self) { try repository.files(in: tree, suffix: ".yaml") }
        }
        let notATree = try #require(ObjectID(blob))
        #expect(throws: GitError.self) { try repository.files(in: notATree, suffix: ".yaml") }
    }
}
