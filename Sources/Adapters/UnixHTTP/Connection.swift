internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// A request's parts on their way out. SwiftNIO's own type may hold a file region, which is not
/// Sendable; a buffer is all that is needed here.
typealias RequestPart = HTTPPart<HTTPRequestHead, ByteBuffer>

/// One connection carries one request: over a unix socket a connection costs some tens of
/// microseconds, and none is ever reused after a failure.
typealias Connection = NIOAsyncChannel<HTTPClientResponsePart, RequestPart>

/// Threads are shared by all clients of the process and live as long as it does. Two are plenty:
/// they only move bytes.
private let eventLoops = MultiThreadedEventLoopGroup(numberOfThreads: 2)

/// Connects to a unix socket.
func openConnection(to socketPath: String) async throws -> Connection {
    try await ClientBootstrap(group: eventLoops).connect(unixDomainSocketPath: socketPath) {
        channel in
        channel.eventLoop.makeCompletedFuture {
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHTTPClientHandlers()
            try pipeline.addHandler(RequestEncoding())
            return try Connection(wrappingChannelSynchronously: channel)
        }
    }
}

private final class RequestEncoding: ChannelOutboundHandler {
    typealias OutboundIn = RequestPart
    typealias OutboundOut = HTTPClientRequestPart

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let part: HTTPClientRequestPart =
            switch unwrapOutboundIn(data) {
            case .head(let head): .head(head)
            case .body(let buffer): .body(.byteBuffer(buffer))
            case .end(let trailers): .end(trailers)
            }
        context.write(wrapOutboundOut(part), promise: promise)
    }
}
