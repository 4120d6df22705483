import Glibc
import Host
import Synchronization

/// Asks an address again and again, and knows for how long nobody answered.
final class ServiceWatch: Sendable {
    private let longest = Mutex(0.0)
    private let isOver = Mutex(false)
    private let task = Mutex<Task<Void, Never>?>(nil)

    static func start(
        _ address: @escaping @Sendable () async -> String?
    ) async throws -> ServiceWatch {
        let watch = ServiceWatch()
        watch.task.withLock { $0 = Task { await watch.run(address) } }
        return watch
    }

    private func run(_ address: @escaping @Sendable () async -> String?) async {
        let clock = ContinuousClock()
        var last = clock.now
        while !isOver.withLock({ $0 }) {
            if let place = await address()?.split(separator: ":"), place.count == 2,
                let port = Int(place[1])
            {
                let host = String(place[0])
                let status = try? await offload {
                    Probe.http(host, port: port, path: "/", timeoutMs: 500)
                }
                if status == 200 {
                    let silence = (clock.now - last) / .milliseconds(1) / 1000
                    longest.withLock { $0 = max($0, silence) }
                    last = clock.now
                }
            }
            try? await Task.sleep(for: .milliseconds(20))
        }
    }

    /// - Returns: the longest time without an answer, in seconds.
    func stop() async -> Double {
        isOver.withLock { $0 = true }
        await task.withLock { $0 }?.value
        return longest.withLock { $0 }
    }
}

extension Result where Failure == any Error {
    /// What a body gives or throws, so that something can be cleaned up first.
    init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}

/// A port of 127.0.0.1 that nobody has now.
func freePort() throws -> Int {
    let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(socket) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            bind(socket, $0, length) == 0 && getsockname(socket, $0, &length) == 0
        }
    }
    guard isBound else { throw Failure("no free port") }
    return Int(UInt16(bigEndian: address.sin_port))
}
