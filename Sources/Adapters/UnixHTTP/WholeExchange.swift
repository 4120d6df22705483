internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// One request and its whole response, on the connection's own thread from first to last: for the
/// many small questions, since a stream of parts between threads costs far more.
private final class WholeExchange: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private let request: HTTPRequest
    private let exchange: Exchange
    /// The largest body accepted, in bytes.
    private let limit: Int
    private let duration: TimeAmount
    /// Of its completions the first counts.
    private let answer: EventLoopPromise<HTTPResponse>
    private var timer: Scheduled<Void>?
    private var status: Int?
    private var body: [UInt8] = []

    init(
        _ request: HTTPRequest, _ exchange: Exchange, limit: Int, within duration: TimeAmount,
        answer: EventLoopPromise<HTTPResponse>
    ) {
        self.request = request
        self.exchange = exchange
        self.limit = limit
        self.duration = duration
        self.answer = answer
    }

    func channelActive(context: ChannelHandlerContext) {
        let channel = context.channel
        timer = context.eventLoop.scheduleTask(in: duration) { channel.close(promise: nil) }
        context.write(wrapOutboundOut(.head(request.head())), promise: nil)
        if case .bytes(let bytes, _) = request.body {
            let buffer = context.channel.allocator.buffer(bytes: bytes)
            context.write(wrapOutboundOut(.body(.byteBuffer(buffer))), promise: nil)
        }
        // A connection that breaks while sending is seen by reading: an answer may be in it.
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            guard status == nil else {
                return end(context, with: exchange.failure(.malformed, "a second response head"))
            }
            status = Int(head.status.code)
        case .body(let piece):
            guard piece.readableBytes <= limit - body.count else {
                let message = "the response is larger than \(limit) bytes"
                return end(context, with: exchange.failure(.tooLarge, message))
            }
            body.append(contentsOf: piece.readableBytesView)
        case .end:
            guard let status else { return }
            answer.succeed(HTTPResponse(status: status, body: body))
            context.close(promise: nil)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        end(context, with: error)
    }

    func channelInactive(context: ChannelHandlerContext) {
        let message = "the service closed the connection too early"
        answer.fail(exchange.failure(.transport, message))
    }

    func handlerRemoved(context: ChannelHandlerContext) { timer?.cancel() }

    private func end(_ context: ChannelHandlerContext, with error: any Error) {
        answer.fail(error)
        context.close(promise: nil)
    }
}

extension UnixHTTPClient {
    /// Sends a request whose body is in memory and reads the whole response.
    func exchangeWhole(
        _ request: HTTPRequest, limit: Int, within duration: Duration
    ) async throws(UnixHTTPError) -> HTTPResponse {
        let exchange = Exchange(
            request: request.label, expiry: ContinuousClock.now.advanced(by: duration))
        let loop = eventLoops.next()
        let answer = loop.makePromise(of: HTTPResponse.self)
        let connecting = ClientBootstrap(group: loop).channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                let pipeline = channel.pipeline.syncOperations
                try pipeline.addHTTPClientHandlers()
                try pipeline.addHandler(
                    WholeExchange(
                        request, exchange, limit: limit, within: TimeAmount(duration),
                        answer: answer))
            }
        }.connect(unixDomainSocketPath: socketPath)
        connecting.whenFailure {
            answer.fail(UnixHTTPError.unreachable($0, request: exchange.request))
        }
        do {
            return try await withTaskCancellationHandler {
                try await answer.futureResult.get()
            } onCancel: {
                connecting.whenSuccess { $0.close(promise: nil) }
            }
        } catch {
            throw exchange.cause(of: error)
        }
    }
}
