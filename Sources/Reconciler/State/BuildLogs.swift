import FoundationEssentials
import Glibc
import Host
import Synchronization

/// What the last build of each app printed, whether it went well or not: `<folder>/<app>.log`,
/// root's alone and bounded.
package struct BuildLogs: Sendable {
    package static let sizeLimit = 1 << 20

    private let folder: String

    /// - Parameter folder: an absolute path; made at the first build.
    package init(folder: String) { self.folder = folder }

    /// Begins an app's log anew; the build before it is forgotten.
    package func begin(_ app: String) throws -> BuildLog {
        try makeFolders(folder, mode: 0o700)
        try removeHostEntry(path(app), folder: false)
        let log = try BuildLog(path: path(app))
        log.add("modplan: build started at \(Date().formatted(.iso8601))")
        return log
    }

    /// The lines as they were printed, made safe for a terminal then; nil if none are kept.
    package func lines(of app: String) throws -> [String]? {
        guard try hostEntry(path(app)) != nil else { return nil }
        // A build under way can add to it while it is read.
        let bytes = try readHostFile(path(app), limit: 2 * Self.sizeLimit)
        return String(decoding: bytes, as: UTF8.self).split(
            separator: "\n", omittingEmptySubsequences: false
        ).dropLast().map(String.init)
    }

    package func remove(_ app: String) throws {
        guard try hostEntry(folder) != nil else { return }
        try removeHostEntry(path(app), folder: false)
    }

    private func path(_ app: String) -> String { "\(folder)/\(app).log" }
}

/// The log of a build under way: each line is in the file as soon as it is added, so that a build
/// that dies with modplan can be read too.
package final class BuildLog: Sendable {
    private static let omission = "modplan: earlier lines were left out"

    private struct Content {
        var lines: [String] = []
        var size = 0
        /// It could not be written any more: the disk is full, say.
        var isBroken = false
    }

    private let file: Int32
    private let content = Mutex(Content())

    fileprivate init(path: String) throws {
        file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW | O_APPEND, 0o600)
        guard file >= 0 else { throw SystemError("create", path) }
    }

    deinit { close(file) }

    /// Adds a line. Past the limit the older half goes: why a build fails is said at its end.
    ///
    /// Never fails: a build does not depend on what is told of it.
    package func add(_ line: String) {
        content.withLock { content in
            guard !content.isBroken else { return }
            content.lines.append(line)
            content.size += line.utf8.count + 1
            if content.size <= BuildLogs.sizeLimit {
                content.isBroken = !write(line + "\n")
                return
            }
            while content.size > BuildLogs.sizeLimit / 2, !content.lines.isEmpty {
                content.size -= content.lines.removeFirst().utf8.count + 1
            }
            content.lines.insert(Self.omission, at: 0)
            content.size += Self.omission.utf8.count + 1
            let text = content.lines.map { $0 + "\n" }.joined()
            content.isBroken = ftruncate(file, 0) != 0 || !write(text)
        }
    }

    private func write(_ text: String) -> Bool {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return false }
            bytes = bytes.dropFirst(count)
        }
        return true
    }
}
