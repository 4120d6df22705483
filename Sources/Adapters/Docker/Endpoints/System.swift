internal import UnixHTTP

extension DockerClient {
    /// Whether the engine answers: `GET /_ping`.
    package func ping(within duration: Duration = .seconds(5)) async throws(DockerError) {
        var call = Call("ping the engine", "", .get, "/_ping")
        call.limit = 1024
        try await send(call, within: duration)
    }

    /// `GET /version`.
    package func version(
        within duration: Duration = .seconds(5)
    ) async throws(DockerError) -> EngineVersion {
        let call = Call("read the engine's version", "", .get, "/version")
        return try await fetch(EngineVersion.self, call, within: duration)
    }

    /// Lends the stream of events to `read`: `GET /events`. The subscription stands when `read` is
    /// called, so what it lists then and the events after that miss nothing in between. The stream
    /// ends in an error when the engine goes away, and the engine drops events for a reader that is
    /// too slow: an event is a reason to look, never the truth.
    /// - Parameters:
    ///   - labels: `key` or `key=value`; all must match.
    ///   - duration: until the subscription stands.
    package func withEvents<Result: Sendable>(
        types: [String] = [], labels: [String] = [],
        subscribedWithin duration: Duration = .seconds(5),
        read: (EventStream) async throws -> Result
    ) async throws -> Result {
        let operation = "watch the engine's events"
        let filters = ["type": types, "label": labels].filter { !$0.value.isEmpty }
        let query =
            filters.isEmpty ? [] : [try jsonParameter("filters", filters, of: operation)]
        let call = Call(operation, "", .get, "/events", query: query)
        return try await stream(call, .headWithin(duration)) { body in
            try await read(EventStream(documents: documents(EngineEvent.self, in: body, of: call)))
        }
    }
}
