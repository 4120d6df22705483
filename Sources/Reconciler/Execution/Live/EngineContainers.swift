package import Docker
import Host
package import Planning
package import State
package import Volumes

/// Containers on a real engine. Every call may be repeated: what is there already, or gone
/// already, is no error, as long as it is ours.
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

    // MARK: Life

    package func create(_ spec: Planning.ContainerSpec) async throws {
        let mountPoint = volumes.mountPoint(of: spec.volume)
        try requireMounted(mountPoint, for: spec.name)
        let body = Docker.ContainerSpec(spec, installation: installation, mountPoint: mountPoint)
        do throws(DockerError) {
            _ = try await engine.createContainer(name: spec.name, body)
        } catch {
            guard error.isConflict else { throw error }
            // The engine made it and its answer was lost, or the name is somebody else's.
            let found = try await engine.inspectContainer(spec.name)
            let isOurs = body.labels.allSatisfy { found.config.labels[$0.key] == $0.value }
            guard isOurs, found.imageID == spec.imageID else { throw error }
        }
    }

    package func start(_ container: ContainerReference) async throws {
        // Without its volume below, the container would write into the host's own file system.
        let found = try await engine.inspectContainer(container.key)
        for mount in found.mounts where mount.type == "bind" {
            try requireMounted(mount.source, for: container.name)
        }
        _ = try await engine.startContainer(container.key)
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
