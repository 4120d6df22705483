internal import UnixHTTP

extension DockerClient {
    /// `GET /containers/json`.
    /// - Parameters:
    ///   - all: those that do not run as well.
    ///   - labels: `key` or `key=value`; all must match.
    package func containers(
        all: Bool = true, labels: [String] = [], within duration: Duration = .seconds(10)
    ) async throws(DockerError) -> [ContainerSummary] {
        let operation = "list containers"
        var query: [HTTPRequest.Parameter] = all ? [.init("all", "true")] : []
        query += try labelFilter(labels, of: operation)
        let call = Call(operation, "", .get, "/containers/json", query: query)
        return try await fetch([ContainerSummary]?.self, call, within: duration) ?? []
    }

    /// `GET /containers/{id}/json`.
    package func inspectContainer(
        _ container: String, within duration: Duration = .seconds(10)
    ) async throws(DockerError) -> Container {
        let call = try containerCall("inspect container", container, .get, "/json")
        return try await fetch(Container.self, call, within: duration)
    }

    /// The same, of which only what a plan compares is decoded.
    package func containerFacts(
        _ container: String, within duration: Duration = .seconds(10)
    ) async throws(DockerError) -> ContainerFacts {
        let call = try containerCall("inspect container", container, .get, "/json")
        return try await fetch(ContainerFacts.self, call, within: duration)
    }

    /// `POST /containers/create`.
    /// - Returns: the container's id.
    /// - Throws: a conflict when the name is taken; not found when the image is missing.
    package func createContainer(
        name: String, _ spec: ContainerSpec, within duration: Duration = .seconds(60)
    ) async throws(DockerError) -> String {
        let operation = "create container"
        let body = try jsonBody(spec, of: operation, name)
        let call = Call(
            operation, name, .post, "/containers/create", query: [.init("name", name)], body: body)
        return try await fetch(CreatedID.self, call, within: duration).id
    }

    /// `POST /containers/{id}/start`.
    /// - Returns: false when it ran already.
    @discardableResult
    package func startContainer(
        _ container: String, within duration: Duration = .seconds(60)
    ) async throws(DockerError) -> Bool {
        let call = try containerCall("start container", container, .post, "/start")
        return try await send(call, within: duration).status != 304
    }

    /// SIGTERM, and SIGKILL when it still runs after `timeout`: `POST /containers/{id}/stop`. The
    /// call itself may take 30 s more.
    /// - Returns: false when it did not run.
    @discardableResult
    package func stopContainer(
        _ container: String, timeout: Duration
    ) async throws(DockerError) -> Bool {
        var call = try containerCall("stop container", container, .post, "/stop")
        call.request.query = [.init("t", String(wholeSeconds(timeout)))]
        return try await send(call, within: timeout + .seconds(30)).status != 304
    }

    /// `POST /containers/{id}/kill`.
    /// - Throws: a conflict when it does not run.
    package func killContainer(
        _ container: String, signal: String = "SIGKILL", within duration: Duration = .seconds(30)
    ) async throws(DockerError) {
        var call = try containerCall("kill container", container, .post, "/kill")
        call.request.query = [.init("signal", signal)]
        try await send(call, within: duration)
    }

    /// Removes the container and its anonymous volumes: `DELETE /containers/{id}`.
    /// - Parameter force: kill it first if it runs; without it that is a conflict.
    package func removeContainer(
        _ container: String, force: Bool = false, within duration: Duration = .seconds(60)
    ) async throws(DockerError) {
        var call = try containerCall("remove container", container, .delete, "")
        call.request.query = [.init("v", "true")] + (force ? [.init("force", "true")] : [])
        try await send(call, within: duration)
    }

    /// Waits until the container does not run: `POST /containers/{id}/wait`. Call it after the
    /// start, because a container that never ran "does not run" either.
    /// - Returns: its exit status.
    package func waitContainer(
        _ container: String, within duration: Duration
    ) async throws(DockerError) -> Int {
        let call = try containerCall("wait for container", container, .post, "/wait")
        let answer = try await fetch(WaitAnswer.self, call, within: duration)
        if let message = answer.error?.message, !message.isEmpty { throw call.failure(message) }
        return answer.statusCode
    }

    /// Changes limits while it runs: `POST /containers/{id}/update`. Nil leaves a limit as it is.
    /// The engine refuses a memory limit below what is in use.
    /// - Parameters:
    ///   - memory: in bytes; the limit with swap is set to the same.
    ///   - nanoCPUs: in 10⁻⁹ processors.
    package func updateContainer(
        _ container: String, memory: Int64?, nanoCPUs: Int64?,
        within duration: Duration = .seconds(30)
    ) async throws(DockerError) {
        var call = try containerCall("update container", container, .post, "/update")
        let update = ContainerUpdate(memory: memory, memorySwap: memory, nanoCPUs: nanoCPUs)
        call.request.body = try jsonBody(update, of: call.operation, container)
        try await send(call, within: duration)
    }

    func containerCall(
        _ operation: String, _ container: String, _ method: HTTPRequest.Method, _ suffix: String
    ) throws(DockerError) -> Call {
        let segment = try pathSegment(container, of: operation)
        return Call(operation, container, method, "/containers/\(segment)\(suffix)")
    }
}

private struct WaitAnswer: Decodable {
    var statusCode: Int
    var error: Failure?

    struct Failure: Decodable {
        var message: String?

        enum CodingKeys: String, CodingKey { case message = "Message" }
    }

    enum CodingKeys: String, CodingKey {
        case statusCode = "StatusCode"
        case error = "Error"
    }
}

private struct ContainerUpdate: Encodable {
    var memory: Int64?
    var memorySwap: Int64?
    var nanoCPUs: Int64?

    enum CodingKeys: String, CodingKey {
        case memory = "Memory"
        case memorySwap = "MemorySwap"
        case nanoCPUs = "NanoCpus"
    }
}
