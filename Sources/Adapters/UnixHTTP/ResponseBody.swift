internal import NIOCore
internal import NIOHTTP1

/// The body of a response as it comes, in pieces of no particular size. It can be read once, and
/// only inside the closure that received it. A slow reader slows the service down: at most a few
/// pieces are held.
package struct ResponseBody: AsyncSequence {
    package typealias Element = [UInt8]
    package typealias Failure = UnixHTTPError

    let parts: NIOAsyncChannelInboundStream<HTTPClientResponsePart>.AsyncIterator
    let exchange: Exchange

    package func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(parts: parts, exchange: exchange)
    }

    package struct AsyncIterator: AsyncIteratorProtocol {
        var parts: NIOAsyncChannelInboundStream<HTTPClientResponsePart>.AsyncIterator
        let exchange: Exchange
        var isComplete = false

        package mutating func next() async throws(UnixHTTPError) -> [UInt8]? {
            guard !isComplete else { return nil }
            switch try await exchange.nextPart(&parts) {
            case .body(let piece): return Array(piece.readableBytesView)
            case .end:
                isComplete = true
                return nil
            case .head: throw exchange.failure(.malformed, "a second response head")
            }
        }

        package mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(UnixHTTPError) -> [UInt8]? {
            try await next()
        }
    }

    /// All of the body, unless it is larger than `limit` bytes.
    package func collect(upTo limit: Int) async throws(UnixHTTPError) -> [UInt8] {
        var bytes: [UInt8] = []
        for try await piece in self {
            guard piece.count <= limit - bytes.count else {
                throw exchange.failure(.tooLarge, "the response is larger than \(limit) bytes")
            }
            bytes += piece
        }
        return bytes
    }
}

/// What every part of one request and its response needs in order to name a failure.
struct Exchange: Sendable {
    var request: String
    /// When the connection is closed for lateness; nil when it is not.
    var expiry: ContinuousClock.Instant?

    func failure(_ kind: UnixHTTPError.Kind, _ detail: String) -> UnixHTTPError {
        UnixHTTPError(kind, request: request, detail: detail)
    }

    /// The cause behind the cause: a connection that the deadline or a cancellation closed reports
    /// itself as lost, or as malformed because the response broke off.
    func cause(of error: any Error) -> UnixHTTPError {
        if let error = error as? UnixHTTPError, error.kind == .tooLarge { return error }
        if Task.isCancelled { return failure(.cancelled, "cancelled") }
        if let expiry, ContinuousClock.now >= expiry {
            return failure(.timeout, "no complete response in time")
        }
        return .wrapping(error, request: request)
    }

    /// The next part; the end of the stream before the end of the response is a failure.
    func nextPart(
        _ parts: inout NIOAsyncChannelInboundStream<HTTPClientResponsePart>.AsyncIterator
    ) async throws(UnixHTTPError) -> HTTPClientResponsePart {
        do {
            guard let part = try await parts.next(isolation: #isolation) else {
                throw failure(.transport, "the service closed the connection too early")
            }
            return part
        } catch {
            throw cause(of: error)
        }
    }
}
