import Glibc
import Synchronization

/// A relay in front of the engine's socket that records the first line of every request, and the
/// first bytes of its body: what really went over the wire.
final class EngineProxy: Sendable {
    let path: String
    private let lines = Mutex<[String]>([])
    private let exchanges = Mutex<[Exchange]>([])
    private let beforeSending = Mutex<(@Sendable (String) -> Void)?>(nil)
    private let listener: Int32

    init(path: String, engine: String = "/var/run/docker.sock") throws {
        self.path = path
        let listening = socket(
            AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        listener = listening
        guard withAddress(path, { bind(listening, $0, $1) }) == 0, listen(listening, 64) == 0 else {
            throw Failure("cannot listen at \(path)")
        }
        detach { [self] in
            while true {
                let client = accept(listening, nil, nil)
                guard client >= 0 else { return }
                let upstream = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
                guard withAddress(engine, { connect(upstream, $0, $1) }) == 0 else {
                    Glibc.close(client)
                    Glibc.close(upstream)
                    continue
                }
                let open = Mutex(2)
                let ends = Ends(client: client, upstream: upstream, open)
                detach { self.relay(from: client, to: upstream, ends, records: true) }
                detach { self.relay(from: upstream, to: client, ends, records: false) }
            }
        }
    }

    func close() {
        shutdown(listener, Int32(SHUT_RDWR))
        Glibc.close(listener)
        unlink(path)
    }

    /// Requests so far that change something.
    var mutations: [String] {
        lines.withLock { $0 }.filter { !$0.hasPrefix("GET ") && !$0.hasPrefix("HEAD ") }
    }

    var requests: [String] { lines.withLock { $0 } }

    /// The whole text of each request whose first line has these words.
    func texts(of words: String) -> [String] {
        exchanges.withLock { $0 }.map(\.text).filter {
            $0.prefix { !$0.isNewline }.contains(words)
        }
    }

    func forget() {
        lines.withLock { $0 = [] }
        exchanges.withLock { $0 = [] }
    }

    /// Calls `body` with the first line of each request before the engine gets it.
    func intercept(_ body: (@Sendable (String) -> Void)?) {
        beforeSending.withLock { $0 = body }
    }

    /// One request: a connection of modplan's carries no second one.
    private final class Exchange: Sendable {
        private let bytes = Mutex<[UInt8]>([])

        func add(_ more: ArraySlice<UInt8>) {
            bytes.withLock { $0 += more.prefix((64 << 10) - $0.count) }
        }

        var text: String { bytes.withLock { String(decoding: $0, as: UTF8.self) } }
    }

    private final class Ends: Sendable {
        let client: Int32
        let upstream: Int32
        private let open: Mutex<Int>

        init(client: Int32, upstream: Int32, _ open: consuming Mutex<Int>) {
            self.client = client
            self.upstream = upstream
            self.open = open
        }

        func closeOne() {
            let left = open.withLock {
                $0 -= 1
                return $0
            }
            guard left == 0 else { return }
            Glibc.close(client)
            Glibc.close(upstream)
        }
    }

    private func relay(from source: Int32, to target: Int32, _ ends: Ends, records: Bool) {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        let exchange = Exchange()
        if records { exchanges.withLock { $0.append(exchange) } }
        while true {
            let count = read(source, &buffer, buffer.count)
            guard count > 0 else { break }
            if records {
                exchange.add(buffer[..<count])
                record(buffer[..<count])
            }
            var sent = 0
            while sent < count {
                let written = buffer.withUnsafeBytes {
                    send(
                        target, $0.baseAddress.map { $0 + sent }, count - sent, Int32(MSG_NOSIGNAL))
                }
                guard written > 0 else { break }
                sent += written
            }
        }
        shutdown(target, Int32(SHUT_WR))
        ends.closeOne()
    }

    private func record(_ bytes: ArraySlice<UInt8>) {
        let methods = ["GET /", "POST /", "PUT /", "DELETE /", "HEAD /"]
        for line in String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline) {
            guard line.contains(" HTTP/1.1"), methods.contains(where: line.hasPrefix) else {
                continue
            }
            lines.withLock { $0.append(String(line)) }
            beforeSending.withLock { $0 }?(String(line))
        }
    }
}

struct Failure: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
}

private func withAddress(
    _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
) -> Int32 {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix(107)) }
    return withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
    }
}

private final class Body: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}

private func detach(_ body: @escaping @Sendable () -> Void) {
    var thread = pthread_t()
    let context = Unmanaged.passRetained(Body(body)).toOpaque()
    pthread_create(
        &thread, nil,
        { context in
            guard let context else { return nil }
            Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run()
            return nil
        }, context)
    pthread_detach(thread)
}
