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

/// True if a listener could have this TCP port now; an address that is not the host's counts as
/// taken.
package func isPortFree(_ address: String, _ port: Int) -> Bool {
    guard let number = in_port_t(exactly: port) else { return false }
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard listener >= 0 else { return false }
    defer { close(listener) }
    var yes: Int32 = 1
    // Else a connection that ended a minute ago would count.
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
    var target = sockaddr_in()
    target.sin_family = sa_family_t(AF_INET)
    target.sin_port = number.bigEndian
    guard inet_pton(AF_INET, address, &target.sin_addr) == 1 else { return false }
    return withUnsafePointer(to: &target) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            bind(listener, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
                && listen(listener, 1) == 0
        }
    }
}
