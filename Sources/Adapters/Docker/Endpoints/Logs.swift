internal import UnixHTTP

extension DockerClient {
    /// The last lines that a container wrote: `GET /containers/{id}/logs`.
    /// - Parameters:
    ///   - tail: lines, of both streams together.
    ///   - limit: bytes of the answer, frames included.
    package func logs(
        of container: String, tail: Int, limit: Int = 1 << 20,
        within duration: Duration = .seconds(10)
    ) async throws(DockerError) -> [OutputPiece] {
        var call = try logsCall(container, tail: tail, follow: false)
        call.limit = limit
        let bytes = try await send(call, within: duration).body
        var demultiplexer = LogDemultiplexer()
        guard let pieces = demultiplexer.split(bytes), demultiplexer.isBetweenFrames else {
            throw call.failure("the engine's answer is no multiplexed stream")
        }
        if let failure = pieces.first(where: { $0.stream == .engine }) {
            throw call.failure(String(decoding: failure.bytes, as: UTF8.self))
        }
        return pieces
    }

    /// Lends what a container writes to `read`, until it stops.
    /// - Parameters:
    ///   - tail: how many earlier lines come first; nil is all.
    ///   - duration: ends it with a timeout; nil leaves that to the task's cancellation.
    package func withLogs<Result: Sendable>(
        of container: String, tail: Int? = nil, within duration: Duration?,
        read: (OutputStream) async throws -> Result
    ) async throws -> Result {
        let call = try logsCall(container, tail: tail, follow: true)
        return try await stream(call, duration.map { .within($0) } ?? .untilCancelled) { body in
            try await read(OutputStream(body: body, call: call))
        }
    }

    /// Starts a container that was only created and lends all that it writes to `read`, until it
    /// stops: `POST /containers/{id}/attach`, then `POST /containers/{id}/start`. Unlike a log,
    /// nothing of it is dropped: a reader that is slow holds the container up. Cancel the task to
    /// end it earlier.
    package func withOutput<Result: Sendable>(
        ofStarting container: String, read: (OutputStream) async throws -> Result
    ) async throws -> Result {
        var call = try containerCall("attach to container", container, .post, "/attach")
        call.request.query = ["stream", "stdout", "stderr"].map { .init($0, "true") }
        let attach = call
        return try await stream(attach, .untilCancelled) { body in
            try await startContainer(container)
            return try await read(OutputStream(body: body, call: attach))
        }
    }

    private func logsCall(
        _ container: String, tail: Int?, follow: Bool
    ) throws(DockerError) -> Call {
        var call = try containerCall("read the log of container", container, .get, "/logs")
        call.request.query = [
            .init("follow", follow ? "true" : "false"),
            .init("stdout", "true"),
            .init("stderr", "true"),
            .init("tail", tail.map { String(max(0, $0)) } ?? "all"),
        ]
        return call
    }
}
