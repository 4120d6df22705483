import Docker
import Execution
import Glibc
import Host
import Testing

@testable import Planning

/// What PID 1 passes on, in containers that are made as modplan makes them.
@Suite struct InitTests {
    @Test(arguments: ["build-base", "run-base"])
    func everyEndOfTheMainCommandComesThrough(_ image: String) async throws {
        let cases = [
            ("exit 0", 0), ("exit 42", 42), ("kill -KILL $$", 137), ("kill -TERM $$", 143),
            // Orphans that outlive it keep nothing up.
            ("(setsid sleep 1000 &); exit 7", 7),
        ]
        for (script, status) in cases {
            try await Bare.with(image: image, script) { engine, id in
                let found = try await engine.waitContainer(id, within: .seconds(20))
                #expect(found == status, "\(image): \(script)")
            }
        }
    }

    @Test(arguments: ["build-base", "run-base"])
    func aStopReachesTheMainCommandAndEndsInBoundedTime(_ image: String) async throws {
        let script = "trap 'exit 9' TERM; echo ready; while :; do sleep 0.05; done"
        try await Bare.with(image: image, script) { engine, id in
            while try await engine.logs(of: id, tail: 1).isEmpty {
                try await Task.sleep(for: .milliseconds(50))
            }
            let start = ContinuousClock.now
            try await engine.stopContainer(id, timeout: .seconds(15))
            #expect(ContinuousClock.now - start < .seconds(5))
            #expect(try await engine.waitContainer(id, within: .seconds(5)) == 9)
        }
    }
}

/// A container of an image without an app, with the settings that every container of modplan gets.
private enum Bare {
    static func with(
        image: String, _ script: String, _ body: (DockerClient, String) async throws -> Void
    ) async throws {
        var template = Array("/var/tmp/modplan-init-XXXXXX".utf8CString)
        let folder = String(cString: try #require(mkdtemp(&template)))
        let name = String(folder.dropFirst("/var/tmp/".count))
        defer { try? Directory(path: "/var/tmp").removeTree(name) }
        chown(folder, 441, 444)
        let wanted = Planning.ContainerSpec(
            name: name, role: image.hasPrefix("build") ? .build : .run, app: "bare", instance: nil,
            release: nil, imageID: "\(Fixture.images)/\(image)", volume: "none",
            memoryBytes: 64 << 20, nanoCPUs: nil, processLimit: 256, network: "none", port: nil,
            environment: [:], digest: "none")
        var spec = Docker.ContainerSpec(wanted, installation: name, mountPoint: folder)
        spec.command = ["sh", "-c", script]
        let engine = DockerClient()
        let id = try await engine.createContainer(name: name, spec)
        let result: Result<Void, any Error>
        do {
            try await engine.startContainer(id)
            result = .success(try await body(engine, id))
        } catch {
            result = .failure(error)
        }
        try await engine.removeContainer(id, force: true)
        try result.get()
    }
}
