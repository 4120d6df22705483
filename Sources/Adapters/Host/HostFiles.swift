package import Glibc

// Plain paths of the host's own, never beneath something that an app can write.

/// A path as the kernel says it in its tables: absolute, without links, `.` and `..`. What is not
/// there yet is taken as written.
package func canonicalPath(_ path: String) -> String {
    var existing = path
    var rest: [Substring] = []
    while true {
        if let resolved = realpath(existing, nil) {
            defer { free(resolved) }
            let base = String(cString: resolved)
            let tail = rest.filter { $0 != "." && !$0.isEmpty }.joined(separator: "/")
            if tail.isEmpty { return base }
            return base == "/" ? "/\(tail)" : "\(base)/\(tail)"
        }
        guard let slash = existing.lastIndex(of: "/") else { return path }
        rest.insert(existing[existing.index(after: slash)...], at: 0)
        existing = slash == existing.startIndex ? "/" : String(existing[..<slash])
    }
}

/// The attributes of what lies at a path, of a link itself; nil if nothing does.
package func hostEntry(_ path: String) throws(SystemError) -> stat? {
    var result = stat()
    if lstat(path, &result) == 0 { return result }
    if errno == ENOENT { return nil }
    throw SystemError("stat", path)
}

package func isFolder(_ status: stat) -> Bool { status.st_mode & S_IFMT == S_IFDIR }

/// Makes a folder with all that lead to it, readable by root alone from the first one made on, so
/// that they survive a power cut.
package func makeFolders(_ path: String, mode: mode_t = 0o755) throws(SystemError) {
    if mkdir(path, mode) == 0 { return try syncParent(of: path) }
    if errno == EEXIST { return }
    guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
        throw SystemError("make folder", path)
    }
    try makeFolders(String(path[..<slash]), mode: mode)
    guard mkdir(path, mode) == 0 || errno == EEXIST else { throw SystemError("make folder", path) }
    try syncParent(of: path)
}

/// Makes the name of what lies at a path survive a power cut.
private func syncParent(of path: String) throws(SystemError) {
    guard let slash = path.lastIndex(of: "/") else { return try Directory(path: ".").sync() }
    try Directory(path: slash == path.startIndex ? "/" : String(path[..<slash])).sync()
}

/// Removes a file or an empty folder; nothing there is no error.
package func removeHostEntry(_ path: String, folder: Bool) throws(SystemError) {
    let result = folder ? rmdir(path) : unlink(path)
    guard result == 0 || errno == ENOENT else { throw SystemError("remove", path) }
}

/// Sets the length of a file that is there.
package func resizeFile(_ path: String, size: Int64) throws(SystemError) {
    guard truncate(path, off_t(size)) == 0 else { throw SystemError("size", path) }
}

/// Makes an empty file, readable by its owner alone; one that is there is left as it is.
package func makeFile(_ path: String) throws(SystemError) {
    let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard file >= 0 else { throw SystemError("create", path) }
    close(file)
}

package func syncFile(_ path: String) throws(SystemError) {
    let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard file >= 0 else { throw SystemError("open", path) }
    defer { close(file) }
    guard fsync(file) == 0 else { throw SystemError("sync", path) }
}

/// A file of the host's own, links followed.
package func readHostFile(_ path: String, limit: Int) throws(SystemError) -> [UInt8] {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw SystemError("open", path) }
    defer { close(file) }
    return try readAll(file, subject: path, limit: limit)
}

/// Every mount point of this process's namespace, from `/proc/self/mountinfo`.
package func mountPoints() throws(SystemError) -> Set<String> {
    let bytes = try readHostFile("/proc/self/mountinfo", limit: 64 << 20)
    return Set(
        bytes.split(separator: UInt8(ascii: "\n")).compactMap { line in
            let fields = line.split(separator: UInt8(ascii: " "), maxSplits: 5)
            return fields.count > 4 ? unescapeMountPath(fields[4]) : nil
        })
}

/// The kernel writes space, tab, newline and backslash as three octal digits.
private func unescapeMountPath(_ text: ArraySlice<UInt8>) -> String {
    guard text.contains(UInt8(ascii: "\\")) else { return String(decoding: text, as: UTF8.self) }
    var bytes: [UInt8] = []
    var rest = text
    while let byte = rest.popFirst() {
        if byte == UInt8(ascii: "\\"), rest.count >= 3,
            let code = UInt8(String(decoding: rest.prefix(3), as: UTF8.self), radix: 8)
        {
            bytes.append(code)
            rest = rest.dropFirst(3)
        } else {
            bytes.append(byte)
        }
    }
    return String(decoding: bytes, as: UTF8.self)
}

/// Adds to the end of a file, made if need be, and syncs both it and its name. A torn last line of a
/// crash is ended first, so that what is added stands on a line of its own.
package func appendDurably(_ bytes: [UInt8], to path: String) throws(SystemError) {
    let file = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard file >= 0 else { throw SystemError("open", path) }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0 else { throw SystemError("stat", path) }
    var line = bytes
    if status.st_size == 0 {
        // New, or made by a process that died right then.
        try syncParent(of: path)
    } else {
        var last: UInt8 = 0
        guard pread(file, &last, 1, status.st_size - 1) == 1 else {
            throw SystemError("read", path)
        }
        if last != 0x0A { line.insert(0x0A, at: 0) }
    }
    try writeAll(file, line, subject: path)
    guard fdatasync(file) == 0 else { throw SystemError("sync", path) }
}
