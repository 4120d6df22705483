import Docker
import Foundation
import Testing

/// The same client against the machine's own engine.
@Suite(.serialized) struct RealEngineTests {
    @Test func engineAnswers() async throws {
        let docker = DockerClient()
        try await docker.ping()
        let version = try await docker.version()
        #expect(!version.version.isEmpty)
        // Docker Engine 29 and later refuse versions below 1.44.
        #expect(version.minimumAPIVersion.compare("1.41", options: .numeric) != .orderedDescending)
    }

    @Test func containersLiveAndDie() async throws {
        try await RealEngine.with { engine in
            let docker = engine.docker
            let id = try await engine.create("trap 'exit 5' TERM; while :; do sleep 0.1; done")
            let taken = await #expect(throws: DockerError.self) { _ = try await engine.create(":") }
            #expect(taken?.isConflict == true)
            #expect(try await docker.startContainer(id))
            #expect(try await !docker.startContainer(id))

            let running = try await docker.inspectContainer(engine.name)
            #expect(running.id == id && running.name == engine.name)
            #expect(running.imageID == engine.imageID)
            #expect(running.state.status == .running && running.state.pid > 0)
            #expect(try abs(#require(running.state.startedAt).timeIntervalSinceNow) < 60)
            #expect(running.state.finishedAt == nil)
            #expect(running.hostConfig.memory == 32 << 20)
            #expect(running.hostConfig.memorySwap == 32 << 20)
            let listed = try await docker.containers(all: false, labels: [engine.label])
            #expect(listed.map(\.id) == [id])
            #expect(listed.first?.names == ["/\(engine.name)"])
            #expect(listed.first?.state == .running)

            try await docker.updateContainer(id, memory: 64 << 20, nanoCPUs: 250_000_000)
            let updated = try await docker.inspectContainer(id).hostConfig
            #expect(updated.memory == 64 << 20 && updated.memorySwap == 64 << 20)
            #expect(updated.nanoCPUs == 250_000_000)

            let inUse = await #expect(throws: DockerError.self) {
                try await docker.removeContainer(id)
            }
            #expect(inUse?.isConflict == true)
            #expect(try await docker.stopContainer(id, timeout: .seconds(10)))
            #expect(try await !docker.stopContainer(id, timeout: .seconds(10)))
            #expect(try await docker.waitContainer(id, within: .seconds(10)) == 5)
            #expect(try await docker.inspectContainer(id).state.finishedAt != nil)

            try await docker.startContainer(id)
            try await docker.killContainer(id)
            #expect(try await docker.waitContainer(id, within: .seconds(10)) == 137)
            try await docker.removeContainer(id)
            let gone = await #expect(throws: DockerError.self) {
                try await docker.inspectContainer(id)
            }
            #expect(gone?.isNotFound == true)
        }
    }

    @Test func containersAreStrict() async throws {
        try await RealEngine.with { engine in
            let id = try await engine.create("sleep 1000")
            try await engine.docker.startContainer(id)
            func shell(_ script: String) async throws -> ExecResult {
                try await engine.docker.exec(
                    in: id, ExecSpec(["/bin/busybox", "sh", "-c", script], user: RealEngine.user),
                    within: .seconds(20))
            }
            let identity = try await shell("id -u; id -g")
            #expect(text(identity.stdout) == "441\n444\n")
            let status = text(try await shell("cat /proc/self/status").stdout)
            #expect(status.contains("CapEff:\t0000000000000000"))
            #expect(status.contains("CapBnd:\t0000000000000000"))
            #expect(status.contains("NoNewPrivs:\t1"))
            #expect(text(try await shell("ulimit -n; ulimit -c").stdout) == "4096\n0\n")
            #expect(try await shell("echo x > /run/x").exitCode == 0)
            let refused = try await shell("echo x > /x")
            #expect(refused.exitCode == 1)
            #expect(text(refused.stderr).contains("Read-only file system"))
        }
    }

    @Test func execTellsOutputAndStatusAndNeedsARunningContainer() async throws {
        try await RealEngine.with { engine in
            let id = try await engine.create("sleep 1000")
            try await engine.docker.startContainer(id)
            var spec = ExecSpec(
                ["/bin/busybox", "sh", "-c", "echo $A; echo e >&2; exit 7"], user: RealEngine.user)
            spec.environment = ["A": "b c"]
            let result = try await engine.docker.exec(in: id, spec, within: .seconds(20))
            #expect(
                result
                    == ExecResult(
                        exitCode: 7, stdout: Array("b c\n".utf8), stderr: Array("e\n".utf8)))
            var flood = ExecSpec(
                ["/bin/busybox", "head", "-c", "3000000", "/dev/zero"], user: RealEngine.user)
            flood.outputLimit = 1000
            let flooded = try await engine.docker.exec(in: id, flood, within: .seconds(20))
            #expect(flooded.stdout.count == 1000 && flooded.isTruncated && flooded.exitCode == 0)
            try await engine.docker.killContainer(id)
            let stopped = await #expect(throws: DockerError.self) {
                _ = try await engine.docker.exec(in: id, spec, within: .seconds(20))
            }
            #expect(stopped?.isConflict == true)
        }
    }

    @Test func logsAreFollowedToTheEnd() async throws {
        try await RealEngine.with { engine in
            let id = try await engine.create(
                "echo one; sleep 0.3; echo two >&2; sleep 0.3; echo three")
            try await engine.docker.startContainer(id)
            let seen = try await engine.docker.withLogs(of: id, within: .seconds(20)) { stream in
                var seen: [String] = []
                for try await piece in stream {
                    seen.append("\(piece.stream) \(text(piece.bytes))")
                }
                return seen
            }
            #expect(seen == ["stdout one\n", "stderr two\n", "stdout three\n"])
            let tail = try await engine.docker.logs(of: id, tail: 1)
            #expect(tail.map { text($0.bytes) } == ["three\n"])

            // One that says nothing ends the stream all the same.
            let silent = try await engine.create("sleep 0.3", suffix: "-silent")
            try await engine.docker.startContainer(silent)
            let pieces = try await engine.docker.withLogs(of: silent, within: .seconds(20)) {
                stream in
                var count = 0
                for try await _ in stream { count += 1 }
                return count
            }
            #expect(pieces == 0)
        }
    }

    @Test func mountsArePrivateAndMustExist() async throws {
        let folder = "/tmp/modplan-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o777])
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await RealEngine.with { engine in
            let id = try await engine.create("echo there > /mnt/file") {
                $0.hostConfig.mounts = [.bind(folder, at: "/mnt")]
            }
            try await engine.docker.startContainer(id)
            #expect(try await engine.docker.waitContainer(id, within: .seconds(10)) == 0)
            #expect(try String(contentsOfFile: "\(folder)/file", encoding: .utf8) == "there\n")
            let mounts = try await engine.docker.inspectContainer(id).mounts
            #expect(mounts.first { $0.destination == "/mnt" }?.source == folder)
            #expect(mounts.first { $0.destination == "/mnt" }?.propagation == "rprivate")
            #expect(mounts.first { $0.destination == "/mnt" }?.isWritable == true)
            await #expect(throws: DockerError.self) {
                _ = try await engine.create(":", suffix: "-none") {
                    $0.hostConfig.mounts = [.bind("\(folder)/none", at: "/mnt")]
                }
            }
        }
    }

    @Test func networksAreIsolatedAndUnique() async throws {
        try await RealEngine.with { engine in
            let docker = engine.docker
            let spec = NetworkSpec.isolatedBridge(name: engine.name, labels: engine.labels)
            let id = try await docker.createNetwork(spec)
            let taken = await #expect(throws: DockerError.self) {
                _ = try await docker.createNetwork(spec)
            }
            #expect(taken?.isConflict == true)
            let network = try await docker.networks(labels: [engine.label]).first
            #expect(network?.id == id && network?.name == engine.name)
            #expect(network?.options["com.docker.network.bridge.enable_icc"] == "false")

            let container = try await engine.create("sleep 1000") {
                $0.hostConfig.networkMode = engine.name
                $0.exposedPorts = ["8080/tcp"]
                $0.hostConfig.portBindings = [
                    "8080/tcp": [PortBinding(hostIP: "127.0.0.1", hostPort: 0)]
                ]
            }
            try await docker.startContainer(container)
            let settings = try await docker.inspectContainer(container).networkSettings
            #expect(settings.networks[engine.name]?.networkID == id)
            #expect(settings.networks[engine.name]?.ipAddress.isEmpty == false)
            let binding = try #require(settings.ports["8080/tcp"]??.first)
            #expect(binding.hostIP == "127.0.0.1")
            #expect(UInt16(binding.hostPort).map { $0 > 0 } == true)
        }
    }

    @Test func imagesAreBuiltTaggedAndRemoved() async throws {
        try await RealEngine.with { engine in
            let docker = engine.docker
            let image = try await docker.inspectImage("\(engine.name):test")
            #expect(image.id == engine.imageID)
            #expect(image.labels["modplan.test"] == engine.name)
            #expect(image.size > 100_000)
            try await docker.tagImage(image.id, repository: engine.name, tag: "second")
            let listed = try #require(try await docker.images(labels: [engine.label]).first)
            #expect(listed.id == image.id)
            #expect(Set(listed.tags) == ["\(engine.name):test", "\(engine.name):second"])
            try await docker.removeImage("\(engine.name):second")
            #expect(try await docker.inspectImage(image.id).tags == ["\(engine.name):test"])

            var output = ""
            let failure = await #expect(throws: DockerError.self) {
                try await engine.build(
                    "FROM \(engine.name):test\nRUN [\"/bin/busybox\", \"sh\", \"-c\", "
                        + "\"echo seen; exit 3\"]\n"
                ) { if case .output(let text) = $0 { output += text } }
            }
            #expect(output.contains("seen\n"))
            let message = failure?.message ?? ""
            #expect(message.contains("returned a non-zero code: 3"), "\(message)")
        }
    }

    @Test func eventsTellOfADeath() async throws {
        try await RealEngine.with { engine in
            let id = try await engine.create("exit 9")
            let action = try await engine.docker.withEvents(
                types: ["container"], labels: [engine.label]
            ) { events in
                // Subscribed by now: nothing that happens from here on is missed.
                try await engine.docker.startContainer(id)
                for try await event in events where event.action == "die" {
                    #expect(event.actor.id == id)
                    return event.actor.attributes["exitCode"]
                }
                return nil
            }
            #expect(action == "9")
        }
    }

    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
