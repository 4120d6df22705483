import Foundation
import Testing

@testable import Git

@Suite struct RepositoryTests {
    @Test func aRefResolvesToItsCommit() throws {
        let source = try TestRepository()
        try source.write("x", to: "a.txt")
        let first = try source.commit("first\n\nbody")
        try source.git(["tag", "-a", "v1", "-m", "annotated"])
        try source.write("y", to: "a.txt")
        let second = try source.commit("second: with a subject")

        let repository = try Repository(at: source.path)
        for ref in ["HEAD", "main", "refs/heads/main", second, String(second.prefix(10))] {
            let commit = try repository.resolve(ref)
            #expect(commit.id.description == second)
            #expect(commit.subject == "second: with a subject")
            #expect(commit.time == 1_700_000_000)
            #expect(
                commit.treeId.description == (try source.git(["rev-parse", "HEAD^{tree}"])))
        }
        #expect(try repository.resolve("v1").id.description == first)
    }

    @Test func aBareOneAndAWorktreeOpen() throws {
        let source = try TestRepository()
        let id = try source.commit("first")
        let bare = try TestRepository(bare: true)
        try bare.git(["fetch", "-q", source.path, "main:main"])
        #expect(try Repository(at: bare.path).resolve("main").id.description == id)

        let worktree = source.path + "-worktree"
        defer { try? FileManager.default.removeItem(atPath: worktree) }
        try source.git(["worktree", "add", "-q", "-b", "other", worktree])
        #expect(try Repository(at: worktree).resolve("HEAD").id.description == id)
    }

    /// The id follows the content of the folder and nothing else: builds are keyed by it.
    @Test func theTreeIdIsOfTheFolderAlone() throws {
        let source = try TestRepository()
        try source.write("1", to: "apps/web/index.js")
        try source.commit("one")
        let repository = try Repository(at: source.path)
        let first = try repository.resolve("HEAD")
        try source.write("2", to: "README")
        try source.commit("two")
        let second = try repository.resolve("HEAD")

        #expect(
            try repository.treeId(of: first, at: "apps/web")
                == repository.treeId(of: second, at: "apps/web"))
        #expect(try repository.treeId(of: second, at: "") == second.treeId)
        #expect(first.treeId != second.treeId)
    }

    @Test func whatIsMissingIsNamed() throws {
        let source = try TestRepository()
        #expect(
            failure { _ = try Repository(at: source.path).resolve("HEAD") }
                == "ref HEAD in repository \(source.path): its branch has no commit yet; "
                + "commit or push one")
        try source.write("x", to: "file")
        let id = try source.commit("first")
        let repository = try Repository(at: source.path)
        #expect(
            failure { _ = try repository.resolve("gone") }
                == "ref gone in repository \(source.path): no such branch, tag or commit; push "
                + "it, or correct the ref")
        let absent = String(repeating: "1", count: 40)
        #expect(failure { _ = try repository.resolve(absent) }.contains("no such branch"))
        #expect(failure { _ = try repository.resolve("HEAD:file") }.contains("names no commit"))

        let commit = try repository.resolve("HEAD")
        #expect(
            failure { _ = try repository.treeId(of: commit, at: "apps") }
                == "folder apps in commit \(id.prefix(7)) of repository \(source.path): does not "
                + "exist there; commit it, or correct the path")
        #expect(failure { _ = try repository.treeId(of: commit, at: "file") }.contains("not a fol"))
        for path in ["../x", "/etc", ".", "file/x", "a//b"] {
            #expect(throws: GitError.self) { try repository.treeId(of: commit, at: path) }
        }
    }

    @Test func whatIsNoRepositoryIsNamed() throws {
        let folder = NSTemporaryDirectory() + "modplan-none-\(UUID().uuidString)"
        #expect(
            failure { _ = try Repository(at: folder) }
                == "repository \(folder): does not exist; make it with 'git init', or correct the "
                + "path")
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        #expect(
            failure { _ = try Repository(at: folder) }
                == "repository \(folder): not a git repository; make it one with 'git init', or "
                + "correct the path")
    }

    /// A folder inside a repository is not that repository: no search upwards.
    @Test func onlyTheExactPathOpens() throws {
        let source = try TestRepository()
        try source.write("x", to: "sub/file")
        #expect(throws: GitError.self) { _ = try Repository(at: source.path + "/sub") }
    }

    @Test(
        arguments: [
            (0, 1000, true), (1000, 1000, true), (1001, 1000, false), (1001, 0, true),
        ] as [(UInt32, UInt32, Bool)])
    func owners(owner: UInt32, user: UInt32, allowed: Bool) {
        #expect(mayOwn(owner, for: user) == allowed)
    }
}

/// What the error says; empty when there is none.
func failure(_ body: () throws -> Void) -> String {
    do {
        try body()
        return ""
    } catch {
        return "\(error)"
    }
}
