import FoundationEssentials
import Glibc
package import Host

/// Something held until the value goes away.
package protocol HeldLock: AnyObject, Sendable {}

/// How a lock is held.
package enum LockMode: Sendable, Comparable {
    /// By any number of those that only need a thing to stay.
    case shared
    /// By one alone, who may make or end it.
    case exclusive
}

/// Mutual exclusion between modplan's processes: one lock an app, an artifact, and what all share.
package protocol Locks: Sendable {
    /// Takes a lock, waiting for at most so many seconds.
    ///
    /// - Throws: `LockedError`, which names the holder.
    func lock(
        _ name: String, _ mode: LockMode, operation: String, waitSeconds: Int
    ) async throws -> any HeldLock

    /// The names of the locks that somebody holds, of those that start with `prefix`. Asked
    /// without touching them.
    func held(prefix: String) throws -> Set<String>
}

extension Locks {
    /// Takes a lock for itself alone.
    package func lock(
        _ name: String, operation: String, waitSeconds: Int = 0
    ) async throws -> any HeldLock {
        try await lock(name, .exclusive, operation: operation, waitSeconds: waitSeconds)
    }
}

extension FileLock: HeldLock {}

/// `flock` on a file a lock: it dies with its holder.
package struct FileLocks: Locks {
    private let folder: String

    /// - Parameter folder: an absolute path; made at the first lock.
    package init(_ folder: String) { self.folder = folder }

    package func lock(
        _ name: String, _ mode: LockMode, operation: String, waitSeconds: Int
    ) async throws -> any HeldLock {
        try makeFolders(folder, mode: 0o700)
        let holder =
            "\(userName()), pid \(getpid()) on \(hostName()), \(operation) since "
            + Date().formatted(.iso8601)
        let clock = ContinuousClock()
        let end = clock.now + .seconds(waitSeconds)
        var isFirst = true
        while true {
            do {
                return try FileLock.take(
                    "\(folder)/\(name).lock", holder: holder, isShared: mode == .shared)
            } catch let held as FileLock.Held {
                // Asked twice at least: who took it right now has not written its name yet.
                guard isFirst || clock.now < end else {
                    throw LockedError(app: name, holder: held.holder)
                }
                isFirst = false
                try await Task.sleep(for: .milliseconds(100))
            }
        }
    }
}

extension FileLocks {
    private static let suffix = ".lock"

    package func held(prefix: String) throws -> Set<String> {
        Set(
            try names(prefix: prefix).filter { name in
                let path = "\(folder)/\(name)\(Self.suffix)"
                do {
                    return try lockHolder(of: path) != nil
                } catch {
                    // Its holder may just have removed it.
                    guard try hostEntry(path) == nil else { throw error }
                    return false
                }
            })
    }

    /// Removes the files of the locks that start with `prefix` and that nobody holds. For names that
    /// are used once, of which so many would gather.
    package func removeUnheld(prefix: String) throws {
        for name in try names(prefix: prefix) {
            try FileLock.removeUnheld("\(folder)/\(name)\(Self.suffix)")
        }
    }

    private func names(prefix: String) throws -> [String] {
        guard try hostEntry(folder) != nil else { return [] }
        return try Directory(path: folder).names().filter {
            $0.hasPrefix(prefix) && $0.hasSuffix(Self.suffix)
        }.map { String($0.dropLast(Self.suffix.count)) }
    }
}

private func userName() -> String {
    guard let entry = getpwuid(getuid()) else { return "uid \(getuid())" }
    return String(cString: entry.pointee.pw_name)
}

private func hostName() -> String {
    var name = [CChar](repeating: 0, count: 256)
    guard gethostname(&name, name.count - 1) == 0 else { return "this host" }
    return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
