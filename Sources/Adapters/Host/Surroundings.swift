import CLinux
import Glibc

// What the host offers, asked without changing it.

/// Where a program lies on `PATH`; nil if it is not there or cannot be executed.
package func findTool(_ name: String) -> String? {
    let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/sbin:/usr/bin:/sbin:/bin"
    for folder in path.split(separator: ":") where folder.hasPrefix("/") {
        let candidate = "\(folder)/\(name)"
        if access(candidate, X_OK) == 0, let entry = try? hostEntry(candidate), !isFolder(entry) {
            return candidate
        }
    }
    return nil
}

/// Why no listener could have this TCP port now, as `errno`; nil if one could.
package func listenFailure(_ address: String, _ port: Int) -> Int32? {
    guard let number = in_port_t(exactly: port) else { return EINVAL }
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard listener >= 0 else { return errno }
    defer { close(listener) }
    var yes: Int32 = 1
    // Else a connection that ended a minute ago would count.
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
    var target = sockaddr_in()
    target.sin_family = sa_family_t(AF_INET)
    target.sin_port = number.bigEndian
    guard inet_pton(AF_INET, address, &target.sin_addr) == 1 else { return EINVAL }
    return withUnsafePointer(to: &target) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            let bound = bind(listener, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            return bound == 0 && listen(listener, 1) == 0 ? nil : errno
        }
    }
}

/// A process by number and name.
package struct ListeningProcess: Sendable, Equatable {
    package var pid: Int32
    package var name: String
}

/// Which process listens on a TCP port of the host; nil if none does, or it cannot be seen.
package func listener(on port: Int) -> ListeningProcess? {
    var sockets: Set<String> = []
    for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
        guard let bytes = try? readHostFile(table, limit: 16 << 20) else { continue }
        for inode in listeningInodes(in: String(decoding: bytes, as: UTF8.self), port: port) {
            sockets.insert("socket:[\(inode)]")
        }
    }
    guard !sockets.isEmpty, let proc = try? Directory(path: "/proc"), let all = try? proc.names()
    else { return nil }
    for pid in all.compactMap(Int32.init) {
        guard let folder = try? Directory(path: "/proc/\(pid)/fd"),
            let descriptors = try? folder.names(limit: 1 << 16)
        else { continue }
        for descriptor in descriptors {
            guard let target = linkTarget("/proc/\(pid)/fd/\(descriptor)"),
                sockets.contains(target)
            else { continue }
            let name = (try? readHostFile("/proc/\(pid)/comm", limit: 64)) ?? []
            return ListeningProcess(
                pid: pid, name: String(decoding: name.prefix { $0 != 0x0A }, as: UTF8.self))
        }
    }
    return nil
}

/// From `/proc/net/tcp`: `0: 0100007F:1F90 00000000:0000 0A … inode`, where 0A is listening.
func listeningInodes(in table: String, port: Int) -> [String] {
    table.split(separator: "\n").dropFirst().compactMap { line in
        let words = line.split(separator: " ")
        guard words.count > 9, words[3] == "0A",
            let text = words[1].split(separator: ":").last, Int(text, radix: 16) == port
        else { return nil }
        return String(words[9])
    }
}

private func linkTarget(_ path: String) -> String? {
    var target = [CChar](repeating: 0, count: 256)
    let count = readlink(path, &target, target.count)
    guard count > 0 else { return nil }
    return String(decoding: target[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

/// The space of a file system, in bytes.
package struct FreeSpace: Sendable, Equatable {
    package var free: Int64
    /// Of what files may take, as `df` counts.
    package var usedPercent: Int
}

package func freeSpace(_ path: String) throws(SystemError) -> FreeSpace {
    var status = statvfs()
    guard statvfs(path, &status) == 0 else { throw SystemError("measure", path) }
    let block = Int64(status.f_frsize)
    let used = Int64(status.f_blocks) - Int64(status.f_bfree)
    let available = Int64(status.f_bavail)
    let percent =
        used + available > 0 ? (used * 100 + used + available - 1) / (used + available) : 0
    return FreeSpace(free: available * block, usedPercent: Int(percent))
}

/// What files may take of a file system, and what they take, in bytes: as `df` counts.
package func spaceOf(_ path: String) throws(SystemError) -> (total: Int64, used: Int64) {
    var status = statvfs()
    guard statvfs(path, &status) == 0 else { throw SystemError("measure", path) }
    let used = Int64(status.f_blocks) - Int64(status.f_bfree)
    let block = Int64(status.f_frsize)
    return ((used + Int64(status.f_bavail)) * block, used * block)
}

/// The path itself, or the nearest folder above it that is there.
package func nearestExisting(_ path: String) -> String {
    var path = path
    while (try? hostEntry(path)) == nil, let slash = path.lastIndex(of: "/") {
        path = slash == path.startIndex ? "/" : String(path[..<slash])
        if path == "/" { break }
    }
    return path
}

/// True if two files there can share blocks (a reflink): a copy then takes neither time nor room.
package func sharesBlocks(in folder: String) throws(SystemError) -> Bool {
    switch modplan_shares_blocks(folder) {
    case 1: true
    case 0: false
    default: throw SystemError("try to share blocks in", folder)
    }
}

/// True if files can be made there: the permissions and the mount allow it.
package func isWritable(_ folder: String) -> Bool { access(folder, W_OK | X_OK) == 0 }

package func isRoot() -> Bool { geteuid() == 0 }

/// Why a device cannot be opened, as `errno`; nil if it can.
package func openFailure(device: String) -> Int32? {
    let file = open(device, O_RDWR | O_CLOEXEC | O_NONBLOCK)
    guard file >= 0 else { return errno }
    close(file)
    return nil
}

/// The kernel's release, `6.1.0-18-amd64`.
package func kernelRelease() -> String {
    guard let bytes = try? readHostFile("/proc/sys/kernel/osrelease", limit: 256) else {
        return "?"
    }
    return String(decoding: bytes.prefix { $0 != 0x0A }, as: UTF8.self)
}
