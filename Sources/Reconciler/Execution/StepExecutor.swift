import Planning
package import Volumes

/// Carries out one step. It decides nothing: every case is one call.
package struct StepExecutor: Sendable {
    let containers: any ContainerEffects
    let programs: any ProgramEffects
    let files: any FileEffects
    let volumes: any VolumeStore
    let records: any RecordEffects
    let console: TaskConsole

    package init(
        containers: any ContainerEffects, programs: any ProgramEffects, files: any FileEffects,
        volumes: any VolumeStore, records: any RecordEffects, console: TaskConsole = .none
    ) {
        self.containers = containers
        self.programs = programs
        self.files = files
        self.volumes = volumes
        self.records = records
        self.console = console
    }

    func run(
        _ step: Step, plan: String, output: @escaping @Sendable (String) -> Void
    ) async throws {
        let app = step.subject.app ?? ""
        switch step.operation {
        case .createNetwork(let name): try await containers.createNetwork(name)
        case .removeNetwork(let id): try await containers.removeNetwork(id)
        case .createVolume(let name, let limit): try await volumes.create(name, limit: limit)
        case .writeSource(let volume, let source):
            try await files.writeSource(source, into: volume)
        case .runBuild(let spec, let timeout):
            try await containers.runBuild(spec, timeoutSeconds: timeout, output: output)
        case .sealArtifact(let volume, let artifact):
            try await volumes.seal(volume, folder: "output", renamed: "app", artifact: artifact)
        case .recordRelease(var release, let artifact):
            release.runtime = await runtime(of: artifact, output: output)
            try await records.record(release, plan: plan, of: app)
        case .snapshotVolume(let origin, let name, let limit):
            try await volumes.snapshot(origin, as: name, limit: limit)
        case .mountVolume(let name): try await volumes.mount(name)
        case .unmountVolume(let name): try await volumes.unmount(name)
        case .growVolume(let name, let limit): try await volumes.grow(name, limit: limit)
        case .removeVolume(let name): try await volumes.remove(name)
        case .renameVolume(let name, let other): try await volumes.rename(name, to: other)
        case .layOutStorage(let name, let runVolume):
            try await files.layOutStorage(name, beneath: runVolume)
        case .recordStorage(let instance, let use):
            try await records.recordStorage(use, of: app, instance: instance)
        case .trimVolume(let name): try await volumes.trim(name)
        case .removeImage(let id): try await containers.removeImage(id)
        case .repairLayout(let volume): try await files.repairLayout(of: volume)
        case .writeConfiguration(let volume, let configuration):
            try await files.writeConfiguration(configuration.rendered, to: volume)
        case .createContainer(let spec): try await containers.create(spec)
        case .startContainer(let container): try await containers.start(container)
        case .stopContainer(let container): try await containers.stop(container)
        case .removeContainer(let container): try await containers.remove(container)
        case .updateLimits(let container, let memory, let cpus):
            try await containers.updateLimits(container, memoryBytes: memory, nanoCPUs: cpus)
        case .updateProgram(let container): try await programs.update(container)
        case .startProgram(let container): try await programs.start(container)
        case .stopProgram(let container): try await programs.stop(container)
        case .writeTask(let volume, let configuration):
            try await files.writeTask(configuration.rendered, to: volume)
        case .runTask(let spec): console.ended(try await containers.runTask(spec, console))
        case .awaitReady(let container, let volume, let port, let check):
            try await programs.awaitReady(container, volume: volume, port: port, check)
        case .recordApplied(let definition):
            try await records.recordApplied(definition, of: app)
        case .recordPin(let pin): try await records.recordPin(pin, of: app)
        case .recordEnd: try await records.recordEnd(of: app)
        case .forgetApp: try await records.forget(app)
        }
    }

    /// What the build wrote of the runtime that it chose. A release is one without it too, so
    /// nothing here is a failure.
    private func runtime(
        of artifact: String, output: (String) -> Void
    ) async -> [String: String]? {
        do {
            return try await volumes.read(Runtime.file, of: artifact, limit: Runtime.sizeLimit)
                .map(Runtime.parse)
        } catch {
            output("the build's note of its runtime is left out: \(error)")
            return nil
        }
    }
}
