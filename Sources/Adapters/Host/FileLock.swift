import Glibc

/// An advisory `flock` on a file. It dies with its holder: nothing is ever left to unlock.
package final class FileLock: Sendable {
    private let descriptor: Int32

    private init(descriptor: Int32) { self.descriptor = descriptor }

    /// Given back by name: a child that was just forked has a copy of the descriptor until it
    /// runs its program, and would keep the lock for so long.
    deinit {
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }

    /// Who holds a lock: the text that the holder wrote into the file.
    package struct Held: Error {
        package var holder: String
    }

    /// Takes the lock at once and writes `holder` into the file.
    ///
    /// - Parameter isShared: others may share it, and nobody has it for itself alone. The file then
    ///   names whoever came last.
    /// - Throws: `Held` if another process has it, `SystemError` if the file cannot be had.
    package static func take(
        _ path: String, holder: String, isShared: Bool = false
    ) throws -> FileLock {
        for _ in 0..<100 {
            if let lock = try takeOnce(path, holder: holder, isShared: isShared) { return lock }
        }
        throw SystemError("lock", path, code: 0, detail: "others remove it again and again")
    }

    /// - Returns: nil if the file was removed between its opening and its locking: such a lock
    ///   keeps nobody out.
    private static func takeOnce(
        _ path: String, holder: String, isShared: Bool
    ) throws -> FileLock? {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw SystemError("open", path) }
        let lock = FileLock(descriptor: descriptor)
        guard flock(descriptor, (isShared ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0 else {
            guard errno == EWOULDBLOCK else { throw SystemError("lock", path) }
            let bytes = (try? readAll(descriptor, subject: path, limit: 4096)) ?? []
            throw Held(holder: String(decoding: bytes, as: UTF8.self))
        }
        guard try lock.isNamed(path) else { return nil }
        guard ftruncate(descriptor, 0) == 0 else { throw SystemError("truncate", path) }
        try writeAll(descriptor, Array(holder.utf8), subject: path)
        return lock
    }
}

// A file that is locked for as long as its maker lives, so that others know whether somebody is at it.

extension FileLock {
    /// Makes an empty file and holds it. One that is there and held by nobody is made anew.
    ///
    /// - Throws: `Held` if another process is at it.
    package static func make(_ path: String) throws -> FileLock {
        for _ in 0..<100 {
            try removeUnheld(path)
            let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
            guard descriptor >= 0 else {
                if errno == EEXIST { throw Held(holder: "another process") }
                throw SystemError("create", path)
            }
            let lock = FileLock(descriptor: descriptor)
            // Between the two calls another one may have taken it for left behind.
            if try lock.takes(path) { return lock }
        }
        throw SystemError("lock", path, code: 0, detail: "others remove it again and again")
    }

    /// Removes a file that no living process holds; nothing there is no error.
    package static func removeUnheld(_ path: String) throws {
        let descriptor = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else {
            if errno == ENOENT { return }
            throw SystemError("open", path)
        }
        let lock = FileLock(descriptor: descriptor)
        if try lock.takes(path) { try removeHostEntry(path, folder: false) }
    }

    /// Takes the lock, unless it is held or the path names another file by now.
    private func takes(_ path: String) throws -> Bool {
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            if errno == EWOULDBLOCK { return false }
            throw SystemError("lock", path)
        }
        return try isNamed(path)
    }

    /// The path still names the file that is open.
    private func isNamed(_ path: String) throws -> Bool {
        var opened = stat()
        guard fstat(descriptor, &opened) == 0 else { throw SystemError("stat", path) }
        guard let named = try hostEntry(path) else { return false }
        return named.st_ino == opened.st_ino && named.st_dev == opened.st_dev
    }
}
