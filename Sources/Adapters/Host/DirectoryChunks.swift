import Glibc

/// A part of a file that may grow, shrink or be replaced while it is read.
package struct FileChunk: Sendable, Equatable {
    /// Tells the file from another of the same name.
    package var inode: UInt64
    /// Of the whole file, in bytes.
    package var size: Int64
    package var bytes: [UInt8]
}

extension Directory {
    /// At most `limit` bytes of a regular file from `offset` on; nothing beyond its end.
    ///
    /// - Returns: nil if there is no such file.
    /// - Throws: if it is no regular file with one link.
    package func chunk(
        _ name: String, from offset: Int64, limit: Int
    ) throws(SystemError) -> FileChunk? {
        let file: Int32
        do {
            file = try openBeneath(name, flags: O_RDONLY)
        } catch {
            guard error.code == ENOENT else { throw error }
            return nil
        }
        defer { close(file) }
        let subject = "\(path)/\(name)"
        var status = stat()
        guard fstat(file, &status) == 0 else { throw SystemError("stat", subject) }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_nlink <= 1 else {
            throw SystemError(
                "read", subject, code: 0, detail: "not a regular file with one link")
        }
        let size = Int64(status.st_size)
        let wanted = Int(min(Int64(limit), max(0, size - offset)))
        var bytes = [UInt8](repeating: 0, count: wanted)
        var received = 0
        while received < wanted {
            let count = bytes.withUnsafeMutableBytes { buffer in
                retrying {
                    pread(
                        file, buffer.baseAddress.map { $0 + received }, wanted - received,
                        off_t(offset) + off_t(received))
                }
            }
            guard count >= 0 else { throw SystemError("read", subject) }
            if count == 0 { break }
            received += count
        }
        return FileChunk(
            inode: UInt64(status.st_ino), size: size, bytes: Array(bytes[..<received]))
    }
}
