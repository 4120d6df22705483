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
    /// - Throws: `Held` if another process has it, `SystemError` if the file cannot be had.
    package static func take(_ path: String, holder: String) throws -> FileLock {
        for _ in 0..<100 {
            if let lock = try takeOnce(path, holder: holder) { return lock }
        }
        throw SystemError("lock", path, code: 0, detail: "others remove it again and again")
    }

    /// - Returns: nil if the file was removed between its opening and its locking: such a lock
    ///   keeps nobody out.
    private static func takeOnce(_ path: String, holder: String) throws -> FileLock? {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw SystemError("open", path) }
        let lock = FileLock(descriptor: descriptor)
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            guard errno == EWOULDBLOCK else { throw SystemError("lock", path) }
            let bytes = (try? readAll(descriptor, subject: path, limit: 4096)) ?? []
            throw Held(holder: String(decoding: bytes, as: UTF8.self))
        }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw SystemError("stat", path) }
        guard let entry = try hostEntry(path), entry.st_ino == status.st_ino else { return nil }
        ftruncate(descriptor, 0)
        lseek(descriptor, 0, SEEK_SET)
        try writeAll(descriptor, Array(holder.utf8), subject: path)
        return lock
    }
}
