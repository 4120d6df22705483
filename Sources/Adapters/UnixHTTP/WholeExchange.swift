import Glibc

extension UnixHTTPClient {
    /// Sends a request whose body is in memory and reads the whole response.
    func exchangeWhole(
        _ request: HTTPRequest, limit: Int, within duration: Duration
    ) async throws(UnixHTTPError) -> HTTPResponse {
        let expiry = ContinuousClock.now.advanced(by: duration)
        let exchange = Exchange(request: request.label, expiry: expiry)
        do {
            let socket = try await connect(until: expiry, exchange)
            let poller = SocketPoller.shared
            let id = poller.newID()
            return try await withTaskCancellationHandler {
                try await withCheckedThrowingContinuation { answer in
                    poller.begin(
                        SocketExchange(
                            socket: socket, request: request.bytes,
                            parser: ResponseParser(
                                limit: limit, hasNoBody: request.method == .head),
                            expiry: expiry, answer: answer), id)
                    // Before it was there, a cancellation could not find it.
                    if Task.isCancelled { poller.cancel(id) }
                }
            } onCancel: {
                poller.cancel(id)
            }
        } catch ResponseParser.Failure.tooLarge {
            throw exchange.failure(.tooLarge, "the response is larger than \(limit) bytes")
        } catch let error as UnixHTTPError {
            throw error
        } catch is Late {
            throw exchange.failure(.timeout, "no complete response in time")
        } catch {
            throw exchange.cause(of: error)
        }
    }

    private func connect(
        until expiry: ContinuousClock.Instant, _ exchange: Exchange
    ) async throws -> Int32 {
        while true {
            do {
                if let socket = try connectedSocket(to: socketPath) { return socket }
            } catch {
                throw UnixHTTPError.unreachable(error, request: exchange.request)
            }
            guard ContinuousClock.now < expiry else { throw Late() }
            try await Task.sleep(for: .milliseconds(1))
        }
    }
}

extension HTTPRequest {
    /// The request as it goes out; a body that is a file is not in it.
    fileprivate var bytes: [UInt8] {
        var text = "\(method.rawValue) \(target) HTTP/1.1\r\n"
        for (name, value) in headers { text += "\(name): \(value)\r\n" }
        var bytes = Array("\(text)\r\n".utf8)
        if case .bytes(let body, _) = body { bytes += body }
        return bytes
    }
}
