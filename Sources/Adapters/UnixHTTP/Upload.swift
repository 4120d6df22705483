internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import SystemPackage

extension HTTPRequest {
    /// A service on a unix socket has no name, but Go's server refuses a request without `Host`.
    var headers: [(String, String)] {
        var headers = [("Host", "localhost"), ("Connection", "close")]
        switch body {
        case .none: if method == .post { headers.append(("Content-Length", "0")) }
        case .bytes(let bytes, let contentType):
            headers.append(("Content-Type", contentType))
            headers.append(("Content-Length", String(bytes.count)))
        case .file(_, let contentType):
            headers.append(("Content-Type", contentType))
            headers.append(("Transfer-Encoding", "chunked"))
        }
        return headers
    }

    /// The head as it goes out.
    func head() -> HTTPRequestHead {
        HTTPRequestHead(
            version: .http1_1, method: HTTPMethod(rawValue: method.rawValue), uri: target,
            headers: HTTPHeaders(headers))
    }

    /// Writes the whole request; returns once the last byte is handed to the connection.
    func send(to outbound: NIOAsyncChannelOutboundWriter<RequestPart>) async throws {
        switch body {
        case .none:
            try await outbound.write(contentsOf: [.head(head()), .end(nil)])
        case .bytes(let bytes, _):
            try await outbound.write(
                contentsOf: [.head(head()), .body(ByteBuffer(bytes: bytes)), .end(nil)])
        case .file(let path, _):
            try await outbound.write(.head(head()))
            try await sendFile(at: path, to: outbound)
            try await outbound.write(.end(nil))
        }
    }

    /// Each write suspends until the service has taken most of the one before, so one piece or two
    /// are in memory.
    private func sendFile(
        at path: String, to outbound: NIOAsyncChannelOutboundWriter<RequestPart>
    ) async throws {
        let pieceBytes = 256 * 1024
        let threads = NIOThreadPool.singleton  // reading a file blocks
        let file = try await threads.runIfActive { try FileDescriptor.open(path, .readOnly) }
        defer { try? file.close() }
        while true {
            let piece = try await threads.runIfActive {
                var buffer = ByteBufferAllocator().buffer(capacity: pieceBytes)
                _ = try buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: pieceBytes) {
                    try file.read(into: $0)
                }
                return buffer
            }
            guard piece.readableBytes > 0 else { return }
            try await outbound.write(.body(piece))
        }
    }
}
