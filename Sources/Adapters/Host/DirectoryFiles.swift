import Glibc

extension Directory {
    /// A regular file's bytes.
    ///
    /// - Parameter owner: whose it must be; nil for anyone's.
    /// - Throws: if it is no regular file with one link, somebody else's, or larger than `limit`
    ///   bytes.
    package func read(
        _ relative: String, limit: Int, owner: UInt32? = nil
    ) throws(SystemError) -> [UInt8] {
        let file = try openBeneath(relative, flags: O_RDONLY)
        defer { close(file) }
        if let owner {
            var status = stat()
            guard fstat(file, &status) == 0, status.st_uid == owner else {
                throw SystemError(
                    "read", "\(path)/\(relative)", code: 0, detail: "not owned by uid \(owner)")
            }
        }
        return try readAll(file, subject: "\(path)/\(relative)", limit: limit)
    }

    /// The last bytes of a regular file, at most `count`.
    package func tail(_ relative: String, count: Int) throws(SystemError) -> [UInt8] {
        let file = try openBeneath(relative, flags: O_RDONLY)
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw SystemError("read", "\(path)/\(relative)", code: 0, detail: "not a regular file")
        }
        var bytes = [UInt8](repeating: 0, count: count)
        let offset = max(0, Int(status.st_size) - count)
        let received = retrying { pread(file, &bytes, count, off_t(offset)) }
        guard received >= 0 else { throw SystemError("read", "\(path)/\(relative)") }
        return Array(bytes[..<received])
    }

    /// Makes a new file; refuses to touch one that is there.
    ///
    /// - Parameter isSynced: its content is on the disk once this returns; its name may not be.
    package func create(
        _ relative: String, _ bytes: some Sequence<UInt8>, mode: UInt32, owner: Owner? = nil,
        isSynced: Bool = false
    ) throws(SystemError) {
        let file = try openBeneath(relative, flags: O_WRONLY | O_CREAT | O_EXCL, mode: mode)
        defer { close(file) }
        let subject = "\(path)/\(relative)"
        try writeAll(file, Array(bytes), subject: subject)
        guard fchmod(file, mode) == 0 else { throw SystemError("chmod", subject) }
        if let owner, fchown(file, owner.user, owner.group) != 0 {
            throw SystemError("chown", subject)
        }
        // By the descriptor that wrote: only it is sure to be told of a write that failed later.
        if isSynced, fsync(file) != 0 { throw SystemError("sync", subject) }
    }

    /// Puts a file in place so that after a crash there is the old one or the new one, whole.
    package func replaceDurably(
        _ name: String, _ bytes: some Sequence<UInt8>, mode: UInt32 = 0o600, owner: Owner? = nil
    ) throws(SystemError) {
        let temporary = ".\(name).new"
        // Left by an earlier crash: only ever ours, since callers hold the lock.
        unlinkat(descriptor, temporary, 0)
        do throws(SystemError) {
            try create(temporary, bytes, mode: mode, owner: owner, isSynced: true)
            try rename(temporary, to: name)
        } catch {
            unlinkat(descriptor, temporary, 0)
            throw error
        }
        try sync()
    }

    package func rename(_ from: String, to: String) throws(SystemError) {
        guard renameat(descriptor, from, descriptor, to) == 0 else {
            throw SystemError("rename to \(to)", "\(path)/\(from)")
        }
    }

    /// Moves an entry into another directory of the same file system.
    package func move(
        _ name: String, into other: borrowing Directory
    ) throws(SystemError) {
        guard renameat(descriptor, name, other.descriptor, name) == 0 else {
            throw SystemError("move to \(other.path)", "\(path)/\(name)")
        }
    }

    package func link(_ name: String, to target: String, owner: Owner? = nil) throws(SystemError) {
        guard symlinkat(target, descriptor, name) == 0 else {
            throw SystemError("make link", "\(path)/\(name)")
        }
        if let owner {
            guard fchownat(descriptor, name, owner.user, owner.group, AT_SYMLINK_NOFOLLOW) == 0
            else { throw SystemError("chown", "\(path)/\(name)") }
        }
    }

    /// Makes the names in this directory survive a power cut.
    package func sync() throws(SystemError) {
        guard fsync(descriptor) == 0 else { throw SystemError("sync", path) }
    }
}

func readAll(_ file: Int32, subject: String, limit: Int) throws(SystemError) -> [UInt8] {
    var status = stat()
    guard fstat(file, &status) == 0 else { throw SystemError("stat", subject) }
    guard status.st_mode & S_IFMT == S_IFREG, status.st_nlink == 1 else {
        throw SystemError("read", subject, code: 0, detail: "not a regular file with one link")
    }
    guard status.st_size <= limit else {
        throw SystemError("read", subject, code: 0, detail: "larger than \(limit) bytes")
    }
    var bytes: [UInt8] = []
    // Most files are small, and those of /proc say that they are empty.
    let expected = min(max(Int(status.st_size) + 1, 4096), 64 << 10)
    var chunk = [UInt8](repeating: 0, count: min(limit + 1, expected))
    while true {
        let received = retrying { Glibc.read(file, &chunk, chunk.count) }
        guard received >= 0 else { throw SystemError("read", subject) }
        if received == 0 { return bytes }
        bytes += chunk[..<received]
        guard bytes.count <= limit else {
            throw SystemError("read", subject, code: 0, detail: "larger than \(limit) bytes")
        }
    }
}

func writeAll(_ file: Int32, _ bytes: [UInt8], subject: String) throws(SystemError) {
    var sent = 0
    while sent < bytes.count {
        let count = bytes.withUnsafeBytes { buffer in
            retrying { write(file, buffer.baseAddress.map { $0 + sent }, buffer.count - sent) }
        }
        guard count > 0 else { throw SystemError("write", subject) }
        sent += count
    }
}
