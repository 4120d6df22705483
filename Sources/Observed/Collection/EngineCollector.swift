import Docker
import FoundationEssentials
import Observed
import Planning
import Supervisor
import Volumes

/// The engine's part, with what only the host can say of its containers.
struct CollectedEngine {
    var reading: Reading<Engine>
    /// By volume: the first process of the container that runs on it, in the host's namespace.
    var processes: [String: Int32] = [:]
}

extension Collector {
    func collectEngine() async -> CollectedEngine {
        do {
            let label = "\(Label.installation)=\(naming.installation)"
            async let images = engine.images(labels: [Label.input])
            async let networks = engine.networks(labels: [label])
            let summaries = try await engine.containers(all: true, labels: [label])
            let inspected = try await inspect(summaries)
            let network = try await networks.first { $0.name == naming.network }
            let reading = Reading.read(
                Engine(
                    containers: inspected.map(\.container),
                    images: try await images.map(image),
                    network: network.map { Network(id: $0.id, name: $0.name) }))
            let processes = inspected.compactMap { entry in
                entry.volume.flatMap { volume in entry.process.map { (volume, $0) } }
            }
            return CollectedEngine(
                reading: reading, processes: Dictionary(processes, uniquingKeysWith: max))
        } catch {
            return CollectedEngine(reading: .unavailable("\(error)"))
        }
    }

    private struct Inspected: Sendable {
        var container: Observed.Container
        var volume: String?
        var process: Int32?
    }

    private func inspect(_ summaries: [ContainerSummary]) async throws -> [Inspected] {
        try await withThrowingTaskGroup(of: Inspected?.self) { group in
            for summary in summaries { group.addTask { try await inspect(summary) } }
            var found: [Inspected] = []
            for try await inspected in group {
                if let inspected { found.append(inspected) }
            }
            return found.sorted { $0.container.name < $1.container.name }
        }
    }

    /// Nil for a container that went away since it was listed, or whose labels are not of ours.
    private func inspect(_ summary: ContainerSummary) async throws -> Inspected? {
        guard let labels = Observed.Container.Labels(summary.labels) else { return nil }
        let volume = summary.mounts.first { $0.destination == "/mnt" }.flatMap {
            volumeName(ofMount: $0.source)
        }
        let mountPoint = labels.isTransient ? nil : volume.map(volumes.mountPoint)
        // Supervisord is asked while the engine is.
        async let early = summary.state == .running ? askProgram(beneath: mountPoint) : nil
        guard let found = try await inspected(summary.id) else { return nil }
        var container = Observed.Container(
            id: found.id, name: found.name, labels: labels,
            status: .init(rawValue: found.state.status.rawValue), exitCode: found.state.exitCode,
            startedAt: found.state.startedAt?.formatted(.iso8601),
            finishedAt: found.state.finishedAt?.formatted(.iso8601), settings: settings(found),
            address: found.networkSettings.networks[naming.network]?.ipAddress)
        guard found.state.status == .running else {
            return Inspected(container: container, volume: volume)
        }
        var answer = await early
        // Started since it was listed.
        if answer == nil { answer = await askProgram(beneath: mountPoint) }
        container.program = answer.map { reading($0, startedAt: found.state.startedAt) }
        return Inspected(container: container, volume: volume, process: found.state.pid)
    }

    private func askProgram(
        beneath mountPoint: String?
    ) async -> Result<Program, SupervisorError>? {
        guard let mountPoint else { return nil }
        return await askProgram(mountPoint)
    }

    /// Nil for a container that went away since it was listed.
    private func inspected(_ id: String) async throws(DockerError) -> ContainerFacts? {
        do throws(DockerError) {
            return try await engine.containerFacts(id)
        } catch {
            guard error.isNotFound else { throw error }
            return nil
        }
    }

    private func settings(_ found: ContainerFacts) -> Observed.Container.Settings {
        let ports = found.hostConfig.portBindings.flatMap { key, bindings in
            (bindings ?? []).map { binding in
                "\(binding.hostIP):\(binding.hostPort):\(key.prefix { $0 != "/" })"
            }
        }
        return Observed.Container.Settings(
            imageID: found.imageID, memoryBytes: found.hostConfig.memory,
            nanoCPUs: found.hostConfig.nanoCPUs, user: found.config.user,
            hasReadOnlyRoot: found.hostConfig.readOnlyRootFileSystem,
            network: found.hostConfig.networkMode,
            mounts: found.mounts.filter { $0.type != "tmpfs" }.map {
                "\(volumeName(ofMount: $0.source) ?? $0.source):\($0.destination)"
            }.sorted(), ports: ports.sorted())
    }

    private func image(_ summary: ImageSummary) -> Observed.Image {
        let prefix = "\(imagePrefix)/"
        let name = summary.tags.first { $0.hasPrefix(prefix) && $0.hasSuffix(":latest") }
        return Observed.Image(
            id: summary.id,
            name: name.map { String($0.dropFirst(prefix.count).dropLast(":latest".count)) },
            inputDigest: summary.labels[Label.input] ?? "",
            builtAs: summary.labels[Label.image],
            isTagged: summary.tags.contains { $0 != "<none>:<none>" },
            builtBy: summary.labels[Label.builtBy], parent: summary.labels[Label.parent],
            bytes: summary.size)
    }

    /// The volume that a mount of the host belongs to; nil for a path that is no volume's.
    private func volumeName(ofMount source: String) -> String? {
        guard let name = source.split(separator: "/").last.map(String.init),
            volumes.mountPoint(of: name) == source
        else { return nil }
        return name
    }
}

extension Observed.Container.Labels {
    /// Nil if a label that every container of ours has is missing or of the wrong form.
    init?(_ labels: [String: String]) {
        guard let app = labels[Label.app], let spec = labels[Label.spec] else { return nil }
        let instance = labels[Label.instance].flatMap(Int.init)
        self.init(
            app: app, instance: instance, release: labels[Label.release].flatMap(Int.init),
            spec: spec, isTransient: labels[Label.intent] != ContainerSpec.Role.run.rawValue)
    }
}
