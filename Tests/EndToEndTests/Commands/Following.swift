import Foundation
import Glibc
import Host
import Testing

/// A modplan that goes on until it is told to end, as `logs --follow` does.
final class Following {
    private let folder: String
    private let pid: Int32

    /// Starts `modplan` with these words and the fixture's host file.
    static func with(
        _ world: Fixture, _ arguments: String..., body: (Following) async throws -> Void
    ) async throws {
        let following = try await Following(world, arguments)
        do {
            try await body(following)
        } catch {
            kill(following.pid, SIGKILL)
            throw error
        }
    }

    private init(_ world: Fixture, _ arguments: [String]) async throws {
        folder = "\(world.folder)/following-\(UUID())"
        try makeFolders(folder)
        let binary = "\(Fixture.checkout)/.build/debug/modplan"
        let words = [binary] + arguments + ["--config", world.config]
        // The shell ends; what it started goes on, and leaves its status behind.
        try await Tool.run(
            "sh",
            [
                "-c",
                "cd \(folder) && { \(words.joined(separator: " ")) >out 2>err & echo $! >pid; "
                    + "wait $!; echo $? >status; } >/dev/null 2>&1 </dev/null & "
                    + "while [ ! -s \(folder)/pid ]; do sleep 0.05; done",
            ])
        let text = try String(decoding: readHostFile("\(folder)/pid", limit: 64), as: UTF8.self)
        pid = try #require(Int32(text.trimmingSuffix("\n")))
    }

    var output: String { read("out") }

    var errors: String { read("err") }

    private func read(_ name: String) -> String {
        String(
            decoding: (try? readHostFile("\(folder)/\(name)", limit: 1 << 20)) ?? [], as: UTF8.self)
    }

    /// Sends the signal and gives the exit status.
    func end(_ signal: Int32, in world: Fixture) async throws -> Int32? {
        kill(pid, signal)
        try await world.await("the follower's end") { !read("status").isEmpty }
        return Int32(read("status").trimmingSuffix("\n"))
    }
}
