package import Docker
import Host
package import Planning
package import State
package import Volumes

/// Containers on a real engine. What is to be ended and is gone already is no error; what is to be
/// made or started and is there already is one, because nobody knows how it came to be.
package struct EngineContainers: ContainerEffects {
    let engine: DockerClient
    let volumes: any VolumeStore
    let installation: String
    /// Keeps what builds print; nil keeps nothing.
    let buildLogs: BuildLogs?

    package init(
        engine: DockerClient, volumes: any VolumeStore, installation: String,
        buildLogs: BuildLogs? = nil
    ) {
        self.engine = engine
        self.volumes = volumes
        self.installation = installation
        self.buildLogs = buildLogs
    }

    // MARK: Network

    package func createNetwork(_ name: String) async throws {
        // The engine lets two networks have one name, and an apply that was killed may have been
        // served late: look right before, not only when planning.
        if try await hasNetwork(name) { return }
        do throws(DockerError) {
            _ = try await engine.createNetwork(
                .isolatedBridge(name: name, labels: [Label.installation: installation]))
        } catch {
            guard error.isConflict, try await hasNetwork(name) else { throw error }
        }
    }

    private func hasNetwork(_ name: String) async throws(DockerError) -> Bool {
        let label = "\(Label.installation)=\(installation)"
        return try await engine.networks(labels: [label]).contains { $0.name == name }
    }

    package func removeNetwork(_ id: String) async throws {
        try await unlessGone { () throws(DockerError) in try await engine.removeNetwork(id) }
    }

    package func removeImage(_ id: String) async throws {
        do {
            // A build may have named it since.
            if let tag = try await engine.inspectImage(id).tags.first {
                throw MovedError(
                    subject: id, expected: "an image without a name", found: "it is \(tag)")
            }
            try await engine.removeImage(id)
        } catch let error as DockerError {
            guard error.isNotFound else { throw error }
        }
    }

    // MARK: Life

    package func create(_ spec: Planning.ContainerSpec) async throws {
        let mountPoint = volumes.mountPoint(of: spec.volume)
        try requireMounted(mountPoint, for: spec.name)
        let storage = spec.storage.map(volumes.mountPoint)
        if let storage { try requireMounted(storage, for: spec.name) }
        let body = Docker.ContainerSpec(
            spec, installation: installation, mountPoint: mountPoint, storage: storage)
        do throws(DockerError) {
            _ = try await engine.createContainer(name: spec.name, body)
        } catch {
            guard error.isConflict else { throw error }
            // Somebody else's, or made by an apply that was killed and served late: what it was
            // made with, and what runs in it, is for the next plan to see.
            throw MovedError(
                subject: spec.name, expected: "no container of that name", found: "one is there")
        }
    }

    package func start(_ container: ContainerReference) async throws {
        // Without its volume below, the container would write into the host's own file system.
        let found = try await engine.inspectContainer(container.key)
        for mount in found.mounts where mount.type == "bind" {
            try requireMounted(mount.source, for: container.name)
            if mount.destination == ImageStandard.storagePath {
                try await requireSoleUser(of: mount.source, found.id, container.name)
            }
        }
        guard try await engine.startContainer(container.key) else {
            // It may have read a configuration of before.
            throw MovedError(
                subject: container.name, expected: "a container that does not run", found: "it runs"
            )
        }
    }

    /// Two programs on one volume would write over each other.
    private func requireSoleUser(of path: String, _ id: String, _ name: String) async throws {
        let label = "\(Label.installation)=\(installation)"
        let others = try await engine.containers(all: false, labels: [label])
        for other in others where other.id != id {
            guard other.mounts.contains(where: { $0.source == path }) else { continue }
            throw MovedError(
                subject: name, expected: "nothing else on \(path)",
                found: "\(other.names.first ?? other.id) runs on it")
        }
    }

    package func stop(_ container: ContainerReference) async throws {
        try await unlessGone { () throws(DockerError) in
            _ = try await engine.stopContainer(
                container.key, timeout: .seconds(ContainerStop.seconds))
        }
    }

    package func remove(_ container: ContainerReference) async throws {
        do throws(DockerError) {
            try await engine.removeContainer(container.key, force: true)
        } catch {
            if error.isNotFound { return }
            // Another command ends it at this moment: a task, whose app is destroyed.
            guard error.isConflict, error.message.contains("already in progress") else {
                throw error
            }
            try await awaitEnd(of: container)
        }
    }

    private func awaitEnd(of container: ContainerReference) async throws {
        for _ in 0..<300 {
            do throws(DockerError) {
                _ = try await engine.inspectContainer(container.key)
            } catch {
                guard error.isNotFound else { throw error }
                return
            }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw SystemError(
            "remove", container.name, code: 0, detail: "the engine is still at it after 30 s")
    }

    package func updateLimits(
        _ container: ContainerReference, memoryBytes: Int64, nanoCPUs: Int64
    ) async throws {
        try await engine.updateContainer(container.key, memory: memoryBytes, nanoCPUs: nanoCPUs)
    }

    func requireMounted(_ path: String, for container: String) throws {
        guard try mountPoints().contains(path) else {
            throw SystemError(
                "use the volume of \(container)", path, code: 0, detail: "it is not mounted")
        }
    }
}

/// Right before a step, the world was not as the plan had it.
package struct MovedError: Error, CustomStringConvertible {
    package var subject: String
    package var expected: String
    package var found: String

    package var description: String {
        "\(subject): the plan counted on \(expected), and \(found); plan again"
    }
}

/// What is gone already need not be ended.
private func unlessGone(
    _ body: () async throws(DockerError) -> Void
) async throws(DockerError) {
    do throws(DockerError) {
        try await body()
    } catch {
        guard error.isNotFound else { throw error }
    }
}
