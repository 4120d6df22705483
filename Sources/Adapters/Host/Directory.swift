import CLinux
package import Glibc

/// A directory held open. Every path given to it is resolved beneath it, follows no link and
/// crosses no mount, so that whoever owns what lies below cannot lead the host elsewhere.
package struct Directory: ~Copyable {
    package let descriptor: Int32
    /// As it was opened, for messages.
    package let path: String

    private init(descriptor: Int32, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    /// Opens a directory of the host's own by its path; links on the way are followed.
    package init(path: String) throws(SystemError) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemError("open", path) }
        self.init(descriptor: descriptor, path: path)
    }

    deinit { close(descriptor) }

    /// Opens a folder beneath this one.
    package func directory(_ relative: String) throws(SystemError) -> Directory {
        let descriptor = try openBeneath(relative, flags: O_RDONLY | O_DIRECTORY)
        return Directory(descriptor: descriptor, path: "\(path)/\(relative)")
    }

    /// The names in this directory, without `.` and `..`, in order; at most `limit` are read.
    package func names(limit: Int = .max) throws(SystemError) -> [String] {
        let copy = try openBeneath(".", flags: O_RDONLY | O_DIRECTORY)
        guard let stream = fdopendir(copy) else {
            close(copy)
            throw SystemError("list", path)
        }
        defer { closedir(stream) }
        var names: [String] = []
        while names.count < limit {
            errno = 0
            guard let entry = readdir(stream) else {
                // The end, or a folder of which only a part could be read.
                guard errno == 0 else { throw SystemError("list", path) }
                break
            }
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// The entry's own attributes: a link's, not its target's. Nil if there is no such entry.
    package func attributes(_ name: String) throws(SystemError) -> stat? {
        var result = stat()
        if fstatat(descriptor, name, &result, AT_SYMLINK_NOFOLLOW) == 0 { return result }
        if errno == ENOENT { return nil }
        throw SystemError("stat", "\(path)/\(name)")
    }

    /// Opens beneath this directory, closed on exec.
    ///
    /// `O_NONBLOCK` is always set: a FIFO or a leased file must not hold the host.
    package func openBeneath(
        _ relative: String, flags: Int32, mode: UInt32 = 0
    ) throws(SystemError) -> Int32 {
        let resolve =
            UInt64(MODPLAN_RESOLVE_BENEATH) | UInt64(MODPLAN_RESOLVE_NO_SYMLINKS)
            | UInt64(MODPLAN_RESOLVE_NO_XDEV)
        // EAGAIN: the kernel asks to try again when a rename raced with the walk.
        for _ in 0..<8 {
            let result = modplan_openat2(
                descriptor, relative, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, mode, resolve)
            if result >= 0 { return result }
            guard errno == EAGAIN || errno == EINTR else { break }
        }
        throw SystemError("open", "\(path)/\(relative)")
    }
}
