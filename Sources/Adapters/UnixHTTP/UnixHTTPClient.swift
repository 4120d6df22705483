internal import NIOCore
internal import NIOHTTP1
internal import SystemPackage

/// HTTP/1.1 to a service that listens on a unix socket.
///
/// Every call is bounded in time and in size, and closes its connection when it ends, fails or is
/// cancelled.
package struct UnixHTTPClient: Sendable {
    package let socketPath: String

    package init(socketPath: String) { self.socketPath = socketPath }

    /// Sends a request and reads the whole response, of any status.
    /// - Parameters:
    ///   - limit: the largest body accepted, in bytes.
    ///   - duration: from the connection to the last byte.
    package func send(
        _ request: HTTPRequest, limit: Int, within duration: Duration
    ) async throws(UnixHTTPError) -> HTTPResponse {
        guard request.body.isFile else {
            return try await exchangeWhole(request, limit: limit, within: duration)
        }
        do {
            return try await withResponse(to: request, .within(duration)) { status, body in
                HTTPResponse(status: status, body: try await body.collect(upTo: limit))
            }
        } catch {
            throw .wrapping(error, request: request.label)
        }
    }

    /// Sends a request and lends its response to `read` while it comes in.
    /// - Throws: `UnixHTTPError`, and whatever `read` throws.
    package func withResponse<Result: Sendable>(
        to request: HTTPRequest, _ deadline: Deadline,
        read: (_ status: Int, _ body: ResponseBody) async throws -> Result
    ) async throws -> Result {
        let start = ContinuousClock.now
        let connection: Connection
        do {
            connection = try await openConnection(to: socketPath)
        } catch {
            throw UnixHTTPError.unreachable(error, request: request.label)
        }
        var exchange = Exchange(request: request.label)
        let timer = deadline.duration.map { duration in
            exchange.expiry = start.advanced(by: duration)
            return connection.channel.eventLoop.scheduleTask(in: TimeAmount(duration)) {
                connection.channel.close(promise: nil)
            }
        }
        defer { timer?.cancel() }
        return try await connection.executeThenClose { inbound, outbound in
            // Beside the reading: a service may answer before it has read the whole request.
            async let upload = send(request, to: outbound, closing: connection)
            var parts = inbound.makeAsyncIterator()
            let status: Int
            do throws(UnixHTTPError) {
                status = try await readStatus(from: &parts, in: exchange)
            } catch {
                // When the request itself could not be sent, that is the cause.
                throw await upload ?? error
            }
            if case .headWithin = deadline {
                timer?.cancel()
                exchange.expiry = nil
            }
            return try await read(status, ResponseBody(parts: parts, exchange: exchange))
        }
    }

    private func readStatus(
        from parts: inout NIOAsyncChannelInboundStream<HTTPClientResponsePart>.AsyncIterator,
        in exchange: Exchange
    ) async throws(UnixHTTPError) -> Int {
        guard case .head(let head) = try await exchange.nextPart(&parts) else {
            throw exchange.failure(.malformed, "a response without a head")
        }
        return Int(head.status.code)
    }

    /// Sends the request; a body that cannot be read ends the connection, because the service
    /// would wait for the rest of it.
    /// - Returns: why the body could not be read. A connection that broke while sending is seen by
    ///   the reader, who may still find a response in it.
    private func send(
        _ request: HTTPRequest, to outbound: NIOAsyncChannelOutboundWriter<RequestPart>,
        closing connection: Connection
    ) async -> UnixHTTPError? {
        do {
            try await request.send(to: outbound)
            return nil
        } catch let error as Errno {
            connection.channel.close(promise: nil)
            return UnixHTTPError(
                .transport, request: request.label,
                detail: "cannot read \(request.body.path): \(error)")
        } catch {
            return nil
        }
    }
}

extension HTTPRequest {
    /// How errors name the request: without its query, which may hold values.
    var label: String { "\(method.rawValue) \(path)" }
}

extension HTTPRequest.Body {
    fileprivate var isFile: Bool { if case .file = self { true } else { false } }

    fileprivate var path: String {
        if case .file(let path, _) = self { path } else { "its body" }
    }
}

extension Deadline {
    fileprivate var duration: Duration? {
        switch self {
        case .within(let duration), .headWithin(let duration): duration
        case .untilCancelled: nil
        }
    }
}
