import CNavi

/// A failed system call: what was tried on what, and the kernel's reason.
struct SystemError: Error {
    let operation: StaticString
    let subject: String
    let number: Int32

    /// Reads errno, unless given: to be made right after the call that failed.
    init(_ operation: StaticString, _ subject: String, number: Int32 = navi_errno()) {
        self.operation = operation
        self.subject = subject
        self.number = number
    }

    var description: String {
        "\(operation) \(subject): \(String(cString: strerror(number)))"
    }
}

/// An open file, closed when its owner lets go of it. Never inherited by the app.
struct Descriptor: ~Copyable {
    let number: Int32
    /// For messages.
    let path: String

    /// Opens a path. Nothing follows a link in its last part: the app owns many of these folders.
    init(
        _ path: String, beneath directory: Int32 = AT_FDCWD, flags: Int32, mode: mode_t = 0o600
    ) throws(SystemError) {
        number = navi_open_at(directory, path, flags | O_NOFOLLOW | O_NONBLOCK, mode)
        self.path = path
        if number < 0 { throw SystemError("open", path) }
    }

    deinit { _ = close(number) }

    /// Writes all of it from the file's start, then cuts the file there.
    func replaceContents(with bytes: [UInt8]) throws(SystemError) {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { all in
                pwrite(number, all.baseAddress?.advanced(by: done), all.count - done, off_t(done))
            }
            if count < 0 && navi_errno() == EINTR { continue }
            if count <= 0 { throw SystemError("write", path) }
            done += count
        }
        if ftruncate(number, off_t(bytes.count)) != 0 { throw SystemError("truncate", path) }
    }

    /// The file's first bytes, at most `limit` of them.
    func contents(atMost limit: Int) throws(SystemError) -> [UInt8] {
        var failure: SystemError?
        let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, used in
            while used < limit {
                let rest = buffer.baseAddress?.advanced(by: used)
                let count = pread(number, rest, limit - used, off_t(used))
                if count < 0 && navi_errno() == EINTR { continue }
                if count < 0 { failure = SystemError("read", path) }
                if count <= 0 { return }
                used += count
            }
        }
        if let failure { throw failure }
        return bytes
    }

    func status() throws(SystemError) -> stat {
        var status = stat()
        if fstat(number, &status) != 0 { throw SystemError("stat", path) }
        return status
    }

    /// Makes the contents durable; for a directory, its names.
    func sync() throws(SystemError) {
        if fdatasync(number) != 0 { throw SystemError("sync", path) }
    }
}

/// Writes all bytes to a stream of the process; false once nobody reads it.
func writeAll(_ bytes: [UInt8], to stream: Int32) -> Bool {
    var done = 0
    while done < bytes.count {
        let count = bytes.withUnsafeBytes { all in
            write(stream, all.baseAddress?.advanced(by: done), all.count - done)
        }
        if count < 0 && navi_errno() == EINTR { continue }
        if count <= 0 { return false }
        done += count
    }
    return true
}

/// Says something on stderr, which is a log: stdout belongs to the protocol, or to the app.
func complain(_ message: String) {
    _ = writeAll(Array("navi: \(message)\n".utf8), to: STDERR_FILENO)
}
