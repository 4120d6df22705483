import Foundation
import Host
import Testing
import Volumes

/// Every call of a program of the host ends, whatever that program does.
@Suite struct ToolTests {
    private func end(
        withinSeconds seconds: Int, _ arguments: [String]
    ) async throws {
        let clock = ContinuousClock()
        let start = clock.now
        let error = await #expect(throws: ToolError.self) {
            try await Tool.run("sh", arguments, deadlineSeconds: 1)
        }
        #expect(
            error?.description.contains("no end after 1 s") == true, "\(String(describing: error))")
        #expect(clock.now - start < .seconds(seconds))
    }

    @Test func aProgramThatDoesNotEndIsKilled() async throws {
        try await end(withinSeconds: 30, ["-c", "exec sleep 60"])
    }

    /// Nor may what it started hold its output open.
    @Test func whatItStartedEndsWithIt() async throws {
        let mark = "61.\(getpid())"
        try await end(withinSeconds: 30, ["-c", "trap '' TERM; sleep \(mark) & sleep \(mark)"])
        let left = try await Tool.run("pgrep", ["-f", "sleep \(mark)"], accepted: [0, 1])
        #expect(left == "")
    }

    /// A process that waits for a disk cannot be killed: a frozen file system is such a disk.
    @Test func aProcessThatCannotBeKilledIsLeftToItself() async throws {
        var template = Array("/var/tmp/modplan-frozen-XXXXXX".utf8CString)
        let folder = String(cString: try #require(mkdtemp(&template)))
        let store = FileVolumes(directory: folder)
        try await store.create("frozen", limit: 64 << 20)
        try await store.mount("frozen")
        let point = store.mountPoint(of: "frozen")
        try await Tool.run("fsfreeze", ["--freeze", point])
        let result: Result<Void, any Error>
        do {
            result = .success(try await end(withinSeconds: 6, ["-c", "exec touch \(point)/file"]))
        } catch {
            result = .failure(error)
        }
        try await Tool.run("fsfreeze", ["--unfreeze", point])
        try await store.unmount("frozen")
        try FileManager.default.removeItem(atPath: folder)
        try result.get()
    }
}
