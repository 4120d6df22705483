import Foundation
import Testing

@testable import Docker

/// Streams, and how failures are told.
@Suite struct DockerStreamTests {
    // MARK: Build

    private func build(
        _ answer: StubAnswer, _ change: (inout BuildSpec) -> Void = { _ in }
    ) async throws -> (id: String, progress: [BuildProgress], request: RecordedRequest) {
        let path = "\(NSTemporaryDirectory())modplan-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data("context".utf8).write(to: URL(fileURLWithPath: path))
        var spec = BuildSpec(contextPath: path, tag: "modplan/x:1")
        change(&spec)
        return try await StubServer.with(answer) { server in
            var progress: [BuildProgress] = []
            let id = try await DockerClient(socketPath: server.socketPath)
                .buildImage(spec, within: .seconds(5)) { progress.append($0) }
            return (id, progress, try #require(server.requests.first))
        }
    }

    @Test func buildReportsProgressAndItsImage() async throws {
        let answer = StubAnswer.chunked([
            "{\"stream\":\"Step 1\\n\"}\r\n{\"status\":\"Pul", "ling\",\"id\":\"x\"}\r\n",
            "{\"aux\":{\"ID\":\"sha256:1\"}}\r\n{\"aux\":{\"ID\":\"sha256:2\"}}",
        ])
        let built = try await build(answer) {
            $0.labels = ["b": "2", "a": "1"]
            $0.arguments = ["PARENT": "p"]
            $0.networkMode = "host"
        }
        #expect(built.id == "sha256:2")
        #expect(built.progress == [.output("Step 1\n"), .status("Pulling")])
        #expect(built.request.method == "POST")
        #expect(
            built.request.target == "/v1.41/build?dockerfile=Dockerfile&rm=true&forcerm=true"
                + "&labels=%7B%22a%22%3A%221%22%2C%22b%22%3A%222%22%7D"
                + "&buildargs=%7B%22PARENT%22%3A%22p%22%7D&t=modplan%2Fx%3A1&networkmode=host")
        #expect(built.request.headers["content-type"] == "application/x-tar")
        #expect(built.request.text == "context")
    }

    /// As the engine says it where another's image was removed while it looked for a cached step.
    @Test(arguments: [1, 2, 3])
    func aBuildThatAnothersRemovalBrokeIsMadeAgain(failures: Int) async throws {
        let path = "\(NSTemporaryDirectory())modplan-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data("context".utf8).write(to: URL(fileURLWithPath: path))
        let lost = StubAnswer.chunked([
            "{\"error\":\"unable to find image \\\"sha256:2bcd\\\"\"}\n"
        ])
        let built = StubAnswer.chunked(["{\"aux\":{\"ID\":\"sha256:1\"}}\n"])
        let last = failures > 2 ? lost : built
        try await StubServer.with(lost, failures > 1 ? lost : built, last) { server in
            let docker = DockerClient(socketPath: server.socketPath)
            let spec = BuildSpec(contextPath: path, tag: "x")
            let id = try? await docker.buildImage(spec, within: .seconds(5))
            #expect(id == (failures > 2 ? nil : "sha256:1"))
            let tries = min(3, failures + 1)
            #expect(server.requests.map(\.text) == Array(repeating: "context", count: tries))
        }
    }

    @Test(arguments: [
        (
            "{\"errorDetail\":{\"code\":2,\"message\":\"returned a non-zero code: 2\"},"
                + "\"error\":\"x\"}\n",
            "returned a non-zero code: 2"
        ),
        ("{\"stream\":\"a\"}\n{\"error\":\"old style\"}\n", "old style"),
        ("{\"stream\":\"a\"}\n", "the engine's answer names no image"),
    ])
    func failedBuildsFail(text: String, message: String) async throws {
        let error = try await #require(throws: DockerError.self) {
            try await build(.chunked([text]))
        }
        #expect(error.description == "build image modplan/x:1: \(message)")
    }

    @Test func endlessLinesAreRefused() async throws {
        let endless = StubAnswer(
            pieces: ["HTTP/1.1 200 OK\r\n\r\n", String(repeating: "x", count: 65_536)],
            repeatsLastPiece: true)
        let error = try await #require(throws: DockerError.self) { try await build(endless) }
        #expect(error.message == "the engine sent a line of more than 1 MiB")
    }

    // MARK: Events

    @Test func eventsAreDecoded() async throws {
        let event = """
            {"Type":"container","Action":"die","Actor":{"ID":"a","Attributes":{"exitCode":"137"}},\
            "scope":"local","time":1,"timeNano":1000000001}
            """
        try await StubServer.with(.chunked([event + "\n", event, "\n"])) { server in
            let events = try await DockerClient(socketPath: server.socketPath).withEvents(
                types: ["container"], labels: ["a=b"]
            ) { stream in
                var events: [EngineEvent] = []
                for try await event in stream { events.append(event) }
                return events
            }
            #expect(events.map(\.action) == ["die", "die"])
            #expect(events.first?.actor.attributes == ["exitCode": "137"])
            #expect(events.first?.timeNanoseconds == 1_000_000_001)
            #expect(
                server.requests.first?.target == "/v1.41/events?filters=%7B%22label%22%3A%5B%22"
                    + "a%3Db%22%5D%2C%22type%22%3A%5B%22container%22%5D%7D")
        }
    }

    @Test func lostEngineEndsTheEvents() async throws {
        let broken = StubAnswer(pieces: ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"])
        try await StubServer.with(broken) { server in
            await #expect(throws: DockerError.self) {
                try await DockerClient(socketPath: server.socketPath).withEvents { stream in
                    for try await _ in stream {}
                }
            }
        }
    }

    // MARK: Exec

    @Test func execCollectsOutputAndStatus() async throws {
        let output = "\u{1}\0\0\0\0\0\0\u{8}12345678\u{2}\0\0\0\0\0\0\u{3}err"
        try await StubServer.with(
            .json("{\"Id\":\"e\"}", status: "201 Created"), .chunked([output]),
            .json("{\"Running\":true,\"ExitCode\":null}"),
            .json("{\"Running\":false,\"ExitCode\":3}")
        ) { server in
            var spec = ExecSpec(["supervisorctl", "status"], user: "441:444")
            spec.environment = ["A": "b"]
            spec.outputLimit = 4
            let result = try await DockerClient(socketPath: server.socketPath)
                .exec(in: "web", spec, within: .seconds(5))
            #expect(
                result
                    == ExecResult(
                        exitCode: 3, stdout: Array("1234".utf8), stderr: Array("err".utf8),
                        isTruncated: true))
            #expect(
                server.requests.map { "\($0.method) \($0.target) \($0.text)" } == [
                    """
                    POST /v1.41/containers/web/exec {"AttachStderr":true,"AttachStdout":true,\
                    "Cmd":["supervisorctl","status"],"Env":["A=b"],"User":"441:444"}
                    """,
                    "POST /v1.41/exec/e/start {\"Detach\":false,\"Tty\":false}",
                    "GET /v1.41/exec/e/json ", "GET /v1.41/exec/e/json ",
                ])
        }
    }

    // MARK: Failures

    @Test(arguments: [
        ("404 Not Found", "{\"message\":\"No such container: a\"}", "No such container: a"),
        ("500 Internal Server Error", "plain\n", "plain\n"),
        ("503 Service Unavailable", "", "the engine answered with status 503"),
    ])
    func theEnginesOwnWordsAreTold(status: String, body: String, message: String) async throws {
        try await StubServer.with(.json(body, status: status), .json(body, status: status)) {
            server in
            let docker = DockerClient(socketPath: server.socketPath)
            let error = try await #require(throws: DockerError.self) {
                try await docker.inspectContainer("a")
            }
            #expect(error.description == "inspect container a: \(message)")
            #expect(error.isNotFound == status.hasPrefix("404"))
            let streamed = try await #require(throws: DockerError.self) {
                try await docker.withLogs(of: "a", within: .seconds(5)) { _ in }
            }
            #expect(streamed.message == message)
            #expect(streamed.status == error.status)
        }
    }

    @Test func conflictsAreRecognised() async throws {
        try await StubServer.with(.json("{\"message\":\"in use\"}", status: "409 Conflict")) {
            server in
            let error = try await #require(throws: DockerError.self) {
                try await DockerClient(socketPath: server.socketPath).removeContainer("a")
            }
            #expect(error.isConflict && !error.isNotFound)
        }
    }

    @Test func aMissingEngineIsNamedWithTheWayOut() async throws {
        let error = try await #require(throws: DockerError.self) {
            try await DockerClient(socketPath: "/nonexistent.sock").containers()
        }
        #expect(error.isEngineMissing)
        #expect(
            error.description == """
                docker engine at /nonexistent.sock does not answer: no such file or directory; \
                start it (systemctl start docker) or set docker: in modplan.yaml
                """)
    }

    @Test func aSilentEngineIsATimeout() async throws {
        try await StubServer.with(StubAnswer(pieces: [], ending: .hang)) { server in
            let error = try await #require(throws: DockerError.self) {
                try await DockerClient(socketPath: server.socketPath)
                    .containers(within: .milliseconds(100))
            }
            #expect(error.isTimeout)
        }
    }

    @Test(arguments: ["nonsense", "{}", "[{\"Id\":1}]", "[{}]"])
    func undocumentedAnswersAreErrors(text: String) async throws {
        try await StubServer.with(.json(text)) { server in
            let error = try await #require(throws: DockerError.self) {
                try await DockerClient(socketPath: server.socketPath).containers()
            }
            #expect(error.message.hasPrefix("the engine's answer is not as documented"))
        }
    }

    // MARK: Times

    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0.0), ("2024-02-29T23:59:59.5Z", 1_709_251_199.5),
        ("2000-03-01T00:00:00+01:30", 951_863_400), ("2023-11-14T22:13:20-00:00", 1_700_000_000),
        ("2023-11-14T22:13:20.123456789Z", 1_700_000_000.123456789),
        ("1969-12-31T23:59:59Z", -1),
    ])
    func timesAreRead(text: String, seconds: Double) {
        #expect(EngineTime.secondsSinceEpoch(text) == seconds)
    }

    @Test(arguments: [
        "", "2023-11-14", "2023-11-14 22:13:20Z", "2023-13-14T22:13:20Z", "2023-11-14T24:13:20Z",
        "2023-11-14T22:13:20", "2023-11-14T22:13:20.Z", "2023-11-14T22:13:20.0123456789Z",
        "2023-11-14T22:13:20+1:00", "+023-11-14T22:13:20Z",
    ])
    func whatIsNoTimeIsRefused(text: String) {
        #expect(EngineTime.secondsSinceEpoch(text) == nil)
    }
}
