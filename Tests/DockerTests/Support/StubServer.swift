import Foundation
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import NIOPosix

/// A request as the stub received it.
struct RecordedRequest: Sendable, Equatable {
    var method: String
    var target: String
    var headers: [String: String]
    var body: [UInt8] = []

    var text: String { String(decoding: body, as: UTF8.self) }
}

/// What the stub writes back, byte for byte, so that it can also misbehave.
struct StubAnswer: Sendable {
    enum Ending: Sendable { case close, hang }

    var pieces: [String]
    var ending = Ending.close
    /// Writes the last piece for as long as the client takes it.
    var repeatsLastPiece = false
    /// Leaves the request's body unread and the connection open.
    var ignoresBody = false

    static func json(_ text: String, status: String = "200 OK") -> StubAnswer {
        StubAnswer(pieces: [
            "HTTP/1.1 \(status)\r\nContent-Type: application/json\r\n"
                + "Content-Length: \(text.utf8.count)\r\n\r\n\(text)"
        ])
    }

    static let noContent = StubAnswer(pieces: ["HTTP/1.1 204 No Content\r\n\r\n"])

    static func chunked(_ chunks: [String], ending: Ending = .close) -> StubAnswer {
        let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        let body = chunks.map { "\(String($0.utf8.count, radix: 16))\r\n\($0)\r\n" }
        return StubAnswer(
            pieces: [head] + body + (ending == .close ? ["0\r\n\r\n"] : []), ending: ending)
    }
}

/// An HTTP server on a temporary unix socket: answers connections in turn and records requests.
final class StubServer: Sendable {
    struct State {
        var answers: [StubAnswer]
        var requests: [RecordedRequest] = []
        var connectionsClosed = 0
        var bytesWritten = 0
    }

    let socketPath: String
    let state: NIOLockedValueBox<State>

    var snapshot: State { state.withLockedValue { $0 } }
    var requests: [RecordedRequest] { snapshot.requests }

    private init(socketPath: String, answers: [StubAnswer]) {
        self.socketPath = socketPath
        state = NIOLockedValueBox(State(answers: answers))
    }

    @discardableResult
    static func with<Result>(
        _ answers: StubAnswer..., body: (StubServer) async throws -> Result
    ) async throws -> Result {
        let path = "\(NSTemporaryDirectory())modplan-\(UUID().uuidString.prefix(8)).sock"
        let server = StubServer(socketPath: path, answers: answers)
        let channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelOption(.allowRemoteHalfClosure, value: false)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(ByteToMessageHandler(HTTPRequestDecoder()))
                    try pipeline.addHandler(StubHandler(server: server))
                }
            }
            .bind(unixDomainSocketPath: path).get()
        do {
            let result = try await body(server)
            try await stop(channel, path)
            return result
        } catch {
            try? await stop(channel, path)
            throw error
        }
    }

    private static func stop(_ channel: any Channel, _ path: String) async throws {
        try await channel.close()
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Waits until `condition` holds, at most 5 s.
    func reaches(_ condition: (State) -> Bool) async throws -> Bool {
        for _ in 0..<500 {
            if condition(snapshot) { return true }
            try await Task.sleep(for: .milliseconds(10))
        }
        return false
    }
}

private final class StubHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = ByteBuffer

    let server: StubServer
    var request: RecordedRequest?
    var answer = StubAnswer(pieces: ["HTTP/1.1 500 No Answer Left\r\nContent-Length: 0\r\n\r\n"])
    var isAnswering = false

    init(server: StubServer) { self.server = server }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            server.state.withLockedValue {
                if !$0.answers.isEmpty { answer = $0.answers.removeFirst() }
            }
            if answer.ignoresBody {
                _ = context.channel.setOption(.autoRead, value: false)
            }
            request = RecordedRequest(
                method: head.method.rawValue, target: head.uri,
                headers: Dictionary(
                    head.headers.map { ($0.name.lowercased(), $0.value) },
                    uniquingKeysWith: { "\($0), \($1)" }))
        case .body(let buffer):
            request?.body += Array(buffer.readableBytesView)
        case .end:
            if let request { server.state.withLockedValue { $0.requests.append(request) } }
            write(to: context)
        }
    }

    func write(to context: ChannelHandlerContext) {
        isAnswering = true
        for piece in answer.pieces { write(piece, to: context) }
        context.flush()
        if answer.repeatsLastPiece {
            repeatLastPiece(context)
        } else if answer.ending == .close {
            context.close(promise: nil)
        }
    }

    func write(_ piece: String, to context: ChannelHandlerContext) {
        server.state.withLockedValue { $0.bytesWritten += piece.utf8.count }
        context.write(wrapOutboundOut(ByteBuffer(string: piece)), promise: nil)
    }

    func repeatLastPiece(_ context: ChannelHandlerContext) {
        while context.channel.isActive, context.channel.isWritable, let piece = answer.pieces.last {
            write(piece, to: context)
            context.flush()
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if isAnswering, answer.repeatsLastPiece { repeatLastPiece(context) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        server.state.withLockedValue { $0.connectionsClosed += 1 }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
