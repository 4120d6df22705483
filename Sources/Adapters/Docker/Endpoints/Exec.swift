internal import UnixHTTP

extension DockerClient {
    /// Runs a command in a running container and collects what it writes: `POST
    /// /containers/{id}/exec`, `POST /exec/{id}/start`, `GET /exec/{id}/json`. When the deadline or
    /// a cancellation ends the call, the command runs on: give it a timeout of its own.
    /// - Throws: a conflict when the container does not run.
    package func exec(
        in container: String, _ spec: ExecSpec, within duration: Duration
    ) async throws -> ExecResult {
        let clock = ContinuousClock()
        let expiry = clock.now.advanced(by: duration)
        var create = try containerCall("exec in container", container, .post, "/exec")
        create.request.body = try jsonBody(
            ExecCreation(spec), of: create.operation, container)
        let id = try await fetch(CreatedID.self, create, within: duration).id
        let path = "/exec/\(try pathSegment(id, of: create.operation))"
        let start = Call(
            create.operation, container, .post, "\(path)/start",
            body: try jsonBody(ExecStart(), of: create.operation, container))
        var result = try await stream(start, .within(clock.now.duration(to: expiry))) { body in
            try await collect(OutputStream(body: body, call: start), limit: spec.outputLimit)
        }
        let inspect = Call(create.operation, container, .get, "\(path)/json")
        while true {
            let state = try await fetch(
                ExecState.self, inspect, within: clock.now.duration(to: expiry))
            if let exitCode = state.exitCode, !state.isRunning {
                result.exitCode = exitCode
                return result
            }
            // The stream ends with the pipes, which can be shortly before the process.
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    private func collect(_ output: OutputStream, limit: Int) async throws -> ExecResult {
        var result = ExecResult(exitCode: 0)
        for try await piece in output {
            let stream: WritableKeyPath<ExecResult, [UInt8]> =
                piece.stream == .stdout ? \.stdout : \.stderr
            let kept = piece.bytes.prefix(limit - result[keyPath: stream].count)
            result[keyPath: stream] += kept
            if kept.count < piece.bytes.count { result.isTruncated = true }
        }
        return result
    }
}

private struct ExecCreation: Encodable {
    var attachStdout = true
    var attachStderr = true
    var command: [String]
    var user: String
    var environment: [String]
    var workingDirectory: String?

    init(_ spec: ExecSpec) {
        command = spec.command
        user = spec.user
        environment = spec.environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        workingDirectory = spec.workingDirectory
    }

    enum CodingKeys: String, CodingKey {
        case attachStdout = "AttachStdout"
        case attachStderr = "AttachStderr"
        case command = "Cmd"
        case user = "User"
        case environment = "Env"
        case workingDirectory = "WorkingDir"
    }
}

private struct ExecStart: Encodable {
    var isDetached = false
    var hasTerminal = false

    enum CodingKeys: String, CodingKey {
        case isDetached = "Detach"
        case hasTerminal = "Tty"
    }
}

private struct ExecState: Decodable {
    var isRunning: Bool
    /// Nil until it has ended.
    var exitCode: Int?

    enum CodingKeys: String, CodingKey {
        case isRunning = "Running"
        case exitCode = "ExitCode"
    }
}
