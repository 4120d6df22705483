import Glibc

/// Asks an app on the bridge whether it is there. Blocking: call it through `offload`.
package enum Probe {
    /// True if the port accepts a connection within the time.
    package static func tcp(_ address: String, port: Int, timeoutMs: Int32) -> Bool {
        guard let socket = connect(address, port, timeoutMs) else { return false }
        close(socket)
        return true
    }

    /// The status of a GET; nil if there was no answer of HTTP's form within the time.
    package static func http(
        _ address: String, port: Int, path: String, timeoutMs: Int32
    ) -> Int? {
        guard let socket = connect(address, port, timeoutMs) else { return nil }
        defer { close(socket) }
        let request = "GET \(path) HTTP/1.0\r\nHost: localhost\r\nUser-Agent: modplan\r\n\r\n"
        let bytes = Array(request.utf8)
        guard send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
            return nil
        }
        // "HTTP/1.1 200": what follows is the app's business. Byte by byte is not in time either.
        let clock = ContinuousClock()
        let end = clock.now + .milliseconds(Int(timeoutMs))
        var answer: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64)
        while answer.count < 12 {
            let left = Int32(max(0, (end - clock.now) / .milliseconds(1)))
            guard wait(for: socket, POLLIN, left) else { return nil }
            let count = recv(socket, &chunk, chunk.count, 0)
            guard count > 0 else { return nil }
            answer += chunk[..<count]
        }
        let words = String(decoding: answer.prefix(12), as: UTF8.self).split(separator: " ")
        guard words.count == 2, words[0].hasPrefix("HTTP/1.") else { return nil }
        return Int(words[1])
    }

    private static func connect(_ address: String, _ port: Int, _ timeoutMs: Int32) -> Int32? {
        var target = sockaddr_in()
        target.sin_family = sa_family_t(AF_INET)
        target.sin_port = in_port_t(UInt16(truncatingIfNeeded: port)).bigEndian
        guard inet_pton(AF_INET, address, &target.sin_addr) == 1 else { return nil }
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = socket(AF_INET, kind | Int32(SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        let result = withUnsafePointer(to: &target) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        if result == 0 { return descriptor }
        if errno == EINPROGRESS, wait(for: descriptor, POLLOUT, timeoutMs) {
            var error: Int32 = 0
            var size = socklen_t(MemoryLayout<Int32>.size)
            getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size)
            if error == 0 { return descriptor }
        }
        close(descriptor)
        return nil
    }

    private static func wait(for descriptor: Int32, _ events: Int32, _ timeoutMs: Int32) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(events), revents: 0)
        return poll(&entry, 1, timeoutMs) == 1
    }
}
