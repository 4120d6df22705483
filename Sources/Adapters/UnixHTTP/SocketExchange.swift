import Glibc

/// One request and its response on a socket of its own, as the poller's thread moves it on.
struct SocketExchange {
    let socket: Int32
    let expiry: ContinuousClock.Instant
    private var unsent: ArraySlice<UInt8>
    private var parser: ResponseParser
    private let answer: CheckedContinuation<HTTPResponse, any Error>

    init(
        socket: Int32, request: [UInt8], parser: ResponseParser, expiry: ContinuousClock.Instant,
        answer: CheckedContinuation<HTTPResponse, any Error>
    ) {
        self.socket = socket
        self.expiry = expiry
        unsent = request[...]
        self.parser = parser
        self.answer = answer
    }

    /// What the exchange ended with; the socket is no longer needed.
    typealias End = Result<HTTPResponse, any Error>

    func finish(_ end: End) {
        close(socket)
        answer.resume(with: end)
    }

    var isSent: Bool { unsent.isEmpty }

    /// Sends what the service takes now. A connection that breaks while sending is seen by
    /// reading: an answer may be in it.
    mutating func send() {
        while !unsent.isEmpty {
            let count = unsent.withUnsafeBytes {
                Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count >= 0 {
                unsent = unsent.dropFirst(count)
            } else if errno != EINTR {
                if errno != EAGAIN { unsent = [] }
                return
            }
        }
    }

    /// Reads what has come; nil while there is more to wait for.
    mutating func receive(into buffer: UnsafeMutableRawBufferPointer) -> End? {
        while true {
            let count = recv(socket, buffer.baseAddress, buffer.count, 0)
            if count < 0 {
                switch errno {
                case EINTR: continue
                case EAGAIN: return nil
                case let code: return .failure(SocketError(code: code))
                }
            }
            do {
                if count == 0 {
                    parser.end()
                } else {
                    try parser.take(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                }
            } catch {
                return .failure(error)
            }
            if parser.isComplete {
                return .success(HTTPResponse(status: parser.status, body: parser.body))
            }
            if count == 0 { return .failure(SocketError(code: nil)) }
        }
    }
}

/// Why a socket is of no use.
struct SocketError: Error {
    /// Of errno; nil for a connection that the service closed too early.
    var code: Int32?
}

/// Connects a socket that does not block.
///
/// - Returns: nil while the service has too many connections that it has not accepted yet.
func connectedSocket(to path: String) throws(SocketError) -> Int32? {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    let room = MemoryLayout.size(ofValue: address.sun_path) - 1
    guard bytes.count <= room else { throw SocketError(code: ENAMETOOLONG) }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    let socket = Glibc.socket(AF_UNIX, type, 0)
    guard socket >= 0 else { throw SocketError(code: errno) }
    let status = withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            connect(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
    }
    if status == 0 { return socket }
    let code = errno
    close(socket)
    guard code == EAGAIN || code == EINTR else { throw SocketError(code: code) }
    return nil
}
