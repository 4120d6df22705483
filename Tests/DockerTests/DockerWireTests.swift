import Foundation
import NIOConcurrencyHelpers
import Testing

@testable import Docker

/// What goes over the wire, and what is made of the answers.
@Suite struct DockerWireTests {
    /// Runs one operation against one answer.
    /// - Returns: its result, and `METHOD target` of its request without the API's version.
    private func exchange<Result: Sendable>(
        _ answers: StubAnswer, _ operation: (DockerClient) async throws -> Result
    ) async throws -> (result: Result, line: String, body: String) {
        try await StubServer.with(answers) { server in
            let result = try await operation(DockerClient(socketPath: server.socketPath))
            let request = try #require(server.requests.first)
            #expect(server.requests.count == 1)
            #expect(request.target.hasPrefix("/v1.41/"))
            let target = request.target.dropFirst("/v1.41".count)
            return (result, "\(request.method) \(target)", request.text)
        }
    }

    // MARK: Containers

    @Test func containersAreListed() async throws {
        let answer = StubAnswer.json(
            """
            [{"Id":"a","Names":["/x"],"Image":"i","ImageID":"sha256:1","Labels":{"k":"v"},\
            "State":"running","Ports":null,"Created":1},\
            {"Id":"b","Names":null,"Image":"i","ImageID":"sha256:1","Labels":null,"State":"new"}]
            """)
        let (list, line, _) = try await exchange(answer) {
            try await $0.containers(labels: ["modplan.installation=a b", "c"])
        }
        #expect(
            line == "GET /containers/json?all=true&filters=%7B%22label%22%3A%5B%22"
                + "modplan.installation%3Da%20b%22%2C%22c%22%5D%7D")
        #expect(list.map(\.id) == ["a", "b"])
        #expect(list.map(\.state) == [.running, ContainerStatus(rawValue: "new")])
        #expect(list[0].labels == ["k": "v"])
        #expect(list[1].names.isEmpty && list[1].labels.isEmpty)
    }

    @Test func emptyListsMayBeNull() async throws {
        #expect(
            try await exchange(.json("null")) { try await $0.containers(all: false) }.result == [])
        #expect(try await exchange(.json("null")) { try await $0.images() }.result == [])
        #expect(try await exchange(.json("null")) { try await $0.networks() }.result == [])
    }

    @Test func inspectReadsNullsAndZeroTimes() async throws {
        let (container, line, _) = try await exchange(.json(Self.inspection)) {
            try await $0.inspectContainer("web")
        }
        #expect(line == "GET /containers/web/json")
        #expect(container.name == "web")
        #expect(container.state.status == .created)
        #expect(container.state.startedAt == nil)
        #expect(container.created == Date(timeIntervalSince1970: 1_700_000_000.25))
        #expect(container.config.labels.isEmpty)
        #expect(container.config.stopTimeoutSeconds == nil)
        #expect(container.hostConfig.mounts.isEmpty)
        #expect(container.hostConfig.pidsLimit == nil)
        #expect(container.hostConfig.portBindings["8080/tcp"] == .some(nil))
        #expect(container.hostConfig.capDrop.isEmpty)
        #expect(container.networkSettings.networks.isEmpty)
    }

    @Test func createAsksForAStrictContainer() async throws {
        var host = HostConfig(
            memory: 268_435_456, nanoCPUs: 500_000_000, pidsLimit: 256, networkMode: "net")
        host.mounts = [.bind("/v:1", at: "/mnt")]
        host.tmpfs = ["/run": "rw,size=8m"]
        host.ulimits = [Ulimit("nofile", 4096), Ulimit("core", 0)]
        host.portBindings = ["8080/tcp": [PortBinding(hostIP: "127.0.0.1", hostPort: 8081)]]
        var spec = ContainerSpec(image: "sha256:1", user: "441:444", hostConfig: host)
        spec.environment = ["B": "2", "A": "x=1"]
        spec.command = ["start"]
        spec.labels = ["modplan.app": "web"]
        spec.exposedPorts = ["8080/tcp"]
        spec.stopTimeoutSeconds = 15
        let asked = spec
        let (id, line, body) = try await exchange(
            .json("{\"Id\":\"abc\",\"Warnings\":null}", status: "201 Created")
        ) { try await $0.createContainer(name: "web-0", asked) }
        #expect(id == "abc")
        #expect(line == "POST /containers/create?name=web-0")
        #expect(
            body == """
                {"Cmd":["start"],"Env":["A=x=1","B=2"],"ExposedPorts":{"8080/tcp":{}},\
                "HostConfig":{"CapDrop":["ALL"],"CgroupnsMode":"private","IpcMode":"private",\
                "LogConfig":{"Config":{"max-file":"3","max-size":"10m","mode":"non-blocking"},\
                "Type":"json-file"},"Memory":268435456,"MemorySwap":268435456,\
                "Mounts":[{"BindOptions":{"Propagation":"rprivate"},"ReadOnly":false,\
                "Source":"/v:1","Target":"/mnt","Type":"bind"}],"NanoCpus":500000000,\
                "NetworkMode":"net","PidMode":"","PidsLimit":256,\
                "PortBindings":{"8080/tcp":[{"HostIp":"127.0.0.1","HostPort":"8081"}]},\
                "ReadonlyRootfs":true,"RestartPolicy":{"Name":"no"},\
                "SecurityOpt":["no-new-privileges"],"Tmpfs":{"/run":"rw,size=8m"},\
                "Ulimits":[{"Hard":4096,"Name":"nofile","Soft":4096},\
                {"Hard":0,"Name":"core","Soft":0}]},"Image":"sha256:1",\
                "Labels":{"modplan.app":"web"},"StopTimeout":15,"User":"441:444"}
                """)
    }

    @Test func lifeCallsNameTheirContainer() async throws {
        let unmodified = StubAnswer(pieces: ["HTTP/1.1 304 Not Modified\r\n\r\n"])
        let start = try await exchange(.noContent) { try await $0.startContainer("a") }
        #expect(start.line == "POST /containers/a/start" && start.result)
        #expect(try await !exchange(unmodified) { try await $0.startContainer("a") }.result)
        let stop = try await exchange(.noContent) {
            try await $0.stopContainer("a", timeout: .milliseconds(1500))
        }
        #expect(stop.line == "POST /containers/a/stop?t=2" && stop.result)
        let stopped = try await exchange(unmodified) {
            try await $0.stopContainer("a", timeout: .zero)
        }
        #expect(stopped.line == "POST /containers/a/stop?t=0" && !stopped.result)
        let kill = try await exchange(.noContent) {
            try await $0.killContainer("a", signal: "SIGTERM")
        }
        #expect(kill.line == "POST /containers/a/kill?signal=SIGTERM")
        let remove = try await exchange(.noContent) {
            try await $0.removeContainer("a", force: true)
        }
        #expect(remove.line == "DELETE /containers/a?v=true&force=true")
        let update = try await exchange(.json("{\"Warnings\":null}")) {
            try await $0.updateContainer("a", memory: 1024, nanoCPUs: nil)
        }
        #expect(update.line == "POST /containers/a/update")
        #expect(update.body == "{\"Memory\":1024,\"MemorySwap\":1024}")
    }

    @Test func waitTellsStatusOrError() async throws {
        let wait = try await exchange(.json("{\"Error\":null,\"StatusCode\":137}")) {
            try await $0.waitContainer("a", within: .seconds(60))
        }
        #expect(wait.line == "POST /containers/a/wait")
        #expect(wait.result == 137)
        await #expect(throws: DockerError.self) {
            try await exchange(.json("{\"Error\":{\"Message\":\"no\"},\"StatusCode\":-1}")) {
                try await $0.waitContainer("a", within: .seconds(60))
            }
        }
    }

    @Test func logsAreTakenApart() async throws {
        let frames = "\u{1}\0\0\0\0\0\0\u{3}out\u{2}\0\0\0\0\0\0\u{4}err\n"
        let logs = try await exchange(.json(frames)) { try await $0.logs(of: "a", tail: 20) }
        #expect(
            logs.line == "GET /containers/a/logs?follow=false&stdout=true&stderr=true&tail=20")
        #expect(
            logs.result == [
                OutputPiece(stream: .stdout, bytes: Array("out".utf8)),
                OutputPiece(stream: .stderr, bytes: Array("err\n".utf8)),
            ])
        for broken in ["\u{1}\0\0\0\0\0\0\u{9}out", "plain text", "\u{3}\0\0\0\0\0\0\u{2}no"] {
            await #expect(throws: DockerError.self) {
                try await exchange(.json(broken)) { try await $0.logs(of: "a", tail: 20) }
            }
        }
    }

    @Test func followedLogsComeAsTheyAreWritten() async throws {
        // Frames and pieces end in different places.
        let pieces = ["\u{1}\0\0", "\0\0\0\0\u{5}he", "llo", "\u{2}\0\0\0\0\0\0\u{1}!"]
        let logs = try await exchange(.chunked(pieces)) { docker in
            try await docker.withLogs(of: "a", within: .seconds(60)) { stream in
                var text: [String] = []
                for try await piece in stream {
                    text.append("\(piece.stream): \(String(decoding: piece.bytes, as: UTF8.self))")
                }
                return text
            }
        }
        #expect(logs.line.hasSuffix("/logs?follow=true&stdout=true&stderr=true&tail=all"))
        #expect(logs.result.joined() == "stdout: hestdout: llostderr: !")
    }

    // MARK: Images and networks

    @Test func imageCallsNameTheirImage() async throws {
        let image = try await exchange(
            .json(
                """
                {"Id":"sha256:1","RepoTags":null,"Created":"0001-01-01T00:00:00Z","Size":12,\
                "Config":{"Labels":null}}
                """)
        ) { try await $0.inspectImage("modplan/run-node:latest") }
        #expect(image.line == "GET /images/modplan/run-node%3Alatest/json")
        #expect(image.result.labels.isEmpty && image.result.tags.isEmpty)
        #expect(image.result.created == nil)
        let list = try await exchange(
            .json("[{\"Id\":\"a\",\"RepoTags\":null,\"Labels\":null,\"Size\":3}]")
        ) { try await $0.images(labels: ["modplan.input"]) }
        #expect(
            list.line
                == "GET /images/json?filters=%7B%22label%22%3A%5B%22modplan.input%22%5D%7D")
        #expect(list.result.map(\.size) == [3])
        let tag = try await exchange(.json("", status: "201 Created")) {
            try await $0.tagImage("sha256:1", repository: "modplan/x", tag: "v1")
        }
        #expect(tag.line == "POST /images/sha256%3A1/tag?repo=modplan%2Fx&tag=v1")
        let remove = try await exchange(.json("[]")) { try await $0.removeImage("modplan/x:v1") }
        #expect(remove.line == "DELETE /images/modplan/x%3Av1")
    }

    @Test func networkCallsNameTheirNetwork() async throws {
        let create = try await exchange(.json("{\"Id\":\"n\",\"Warning\":\"\"}")) {
            try await $0.createNetwork(.isolatedBridge(name: "net", labels: ["a": "b"]))
        }
        #expect(create.result == "n")
        #expect(create.line == "POST /networks/create")
        #expect(
            create.body == """
                {"CheckDuplicate":true,"Driver":"bridge","Labels":{"a":"b"},"Name":"net",\
                "Options":{"com.docker.network.bridge.enable_icc":"false"}}
                """)
        let list = try await exchange(
            .json("[{\"Id\":\"n\",\"Name\":\"net\",\"Driver\":\"bridge\",\"Options\":null}]")
        ) { try await $0.networks(labels: ["a=b"]) }
        #expect(list.line == "GET /networks?filters=%7B%22label%22%3A%5B%22a%3Db%22%5D%7D")
        #expect(list.result.map(\.name) == ["net"])
        let remove = try await exchange(.noContent) { try await $0.removeNetwork("net") }
        #expect(remove.line == "DELETE /networks/net")
    }

    // MARK: Names, hook, engine

    @Test(arguments: ["", "a/../b", "..", ".", "a//b", "/a"])
    func namesCannotLeadElsewhere(name: String) async throws {
        let docker = DockerClient(socketPath: "/nonexistent")
        let error = await #expect(throws: DockerError.self) {
            try await docker.removeContainer(name)
        }
        #expect(error?.message == "not a name that the engine can hold")
    }

    @Test func namesAreEscaped() async throws {
        let request = try await exchange(.noContent) { try await $0.startContainer("a?b#c d\r\n") }
        #expect(request.line == "POST /containers/a%3Fb%23c%20d%0D%0A/start")
    }

    @Test func everyRequestIsShown() async throws {
        let seen = NIOLockedValueBox<[String]>([])
        try await StubServer.with(.json("{}"), .noContent, .chunked([])) { server in
            let docker = DockerClient(socketPath: server.socketPath) { method, path in
                seen.withLockedValue { $0.append("\(method) \(path)") }
            }
            try await docker.ping()
            try await docker.startContainer("a")
            try await docker.withEvents { _ in }
        }
        #expect(
            seen.withLockedValue { $0 } == [
                "GET /v1.41/_ping", "POST /v1.41/containers/a/start", "GET /v1.41/events",
            ])
    }

    @Test func versionIsRead() async throws {
        let version = try await exchange(
            .json(
                """
                {"Version":"20.10.24","ApiVersion":"1.41","MinAPIVersion":"1.12",\
                "KernelVersion":"6.1"}
                """)
        ) { try await $0.version() }
        #expect(version.line == "GET /version")
        #expect(version.result.apiVersion == "1.41")
    }

    private static let inspection = """
        {"Id":"a","Name":"/web","Created":"2023-11-14T22:13:20.250000000Z","Image":"sha256:1",
        "State":{"Status":"created","Pid":0,"ExitCode":0,"OOMKilled":false,"Error":"",
        "StartedAt":"0001-01-01T00:00:00Z","FinishedAt":"0001-01-01T00:00:00Z"},
        "Config":{"User":"441:444","Labels":null,"Env":null,"Cmd":null,"Entrypoint":null},
        "HostConfig":{"Memory":1,"MemorySwap":1,"NanoCpus":0,"PidsLimit":null,"NetworkMode":"n",
        "Binds":null,"PortBindings":{"8080/tcp":null},"Ulimits":null,"ReadonlyRootfs":true,
        "CapDrop":null,"SecurityOpt":null,"LogConfig":{"Type":"json-file","Config":null},
        "RestartPolicy":{"Name":"no","MaximumRetryCount":0},"IpcMode":"private",
        "CgroupnsMode":"private","PidMode":""},
        "Mounts":null,"NetworkSettings":{"Networks":null,"Ports":null}}
        """
}
