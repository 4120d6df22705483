import Desired
package import Observed

/// What a task takes over from the app as it is.
struct TaskModel {
    var release: Int
    /// The build key.
    var artifact: String
    var imageID: String
    var memoryBytes: Int64
    var nanoCPUs: Int64
    var volumeBytes: Int64
    var port: Int
    var environment: [String: String]

    init(_ app: String, _ input: TaskInput, _ naming: Naming) throws(TaskError) {
        guard let engine = input.observed.engine.value else {
            throw .unobservable(input.observed.engine.failure ?? "")
        }
        guard let volumes = input.observed.volumes.value else {
            throw .unobservable(input.observed.volumes.failure ?? "")
        }
        let container = currentContainer(of: app, in: engine)
        let number = container?.labels.release ?? input.state.pin?.release
        guard
            let release = input.state.releases.last(where: { $0.number == number ?? $0.number })
        else {
            guard let number else { throw .neverDeployed(app) }
            throw .unrecorded(app, release: number)
        }
        guard engine.network != nil else { throw .networkGone(app) }
        let artifact = naming.volume(.artifact(key: release.artifact))
        guard volumes.contains(where: { $0.name == artifact }) else {
            throw .artifactGone(app, release: release.number)
        }
        let own = volumes.first { volume in
            guard let instance = container?.labels.instance else { return false }
            let role = VolumeRole.run(app: app, instance: instance, release: release.number)
            return volume.name == naming.volume(role)
        }
        // What runs is the app; the definition may have moved since.
        let run = input.definition?.run
        let image = engine.images.first { $0.name == input.definition?.runImage }
        let configuration = own?.contents?.value?.configuration ?? []
        guard let imageID = container?.settings.imageID ?? image?.id,
            let memoryBytes = container?.settings.memoryBytes ?? run?.memory.bytes,
            let nanoCPUs = container?.settings.nanoCPUs
                ?? run.map({ Int64($0.millicpus) * 1_000_000 }),
            let volumeBytes = own?.limitBytes ?? run?.volume.bytes,
            let port = InstanceConfiguration.port(in: configuration) ?? run?.port,
            let environment = InstanceConfiguration.environment(in: configuration)
                ?? run?.environment
        else { throw .unknownSettings(app) }
        self.release = release.number
        self.artifact = release.artifact
        self.imageID = imageID
        self.memoryBytes = memoryBytes
        self.nanoCPUs = nanoCPUs
        self.volumeBytes = volumeBytes
        self.port = port
        self.environment = environment
    }
}

/// The container that stands for an app's current release: one whose program is up rather than not,
/// and of those the oldest release, since it goes only when a newer one was seen ready.
///
/// - Returns: nil if the app has none that is to stay.
package func currentContainer(of app: String, in engine: Engine) -> Container? {
    func rank(_ container: Container) -> Int {
        guard container.status == .running else { return 2 }
        return [.running, .starting].contains(container.program?.value?.state) ? 0 : 1
    }
    return engine.containers.filter {
        $0.labels.app == app && !$0.labels.isTransient && $0.labels.release != nil
    }.min { left, right in
        (rank(left), left.labels.release ?? 0, left.labels.instance ?? 0, left.name)
            < (rank(right), right.labels.release ?? 0, right.labels.instance ?? 0, right.name)
    }
}
