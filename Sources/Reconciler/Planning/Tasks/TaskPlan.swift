package import Desired
package import Observed

/// A one-off command in an app's own surroundings: `run APP -- COMMAND`.
package struct TaskRequest: Sendable, Equatable {
    package var app: String
    /// Hexadecimal digits that were never used before.
    package var id: String
    package var command: [String]

    package init(app: String, id: String, command: [String]) {
        self.app = app
        self.id = id
        self.command = command
    }
}

/// All that a task's plan depends on.
package struct TaskInput: Sendable {
    package var installation: String
    package var observed: Snapshot
    package var state: AppState
    /// Speaks where no container of the app does; nil if git has none, or cannot be read.
    package var definition: AppDefinition?
    /// How full storage may get.
    package var policy: HostFile.Policy

    package init(
        installation: String, observed: Snapshot, state: AppState, definition: AppDefinition?,
        policy: HostFile.Policy = HostFile.Policy()
    ) {
        self.installation = installation
        self.observed = observed
        self.state = state
        self.definition = definition
        self.policy = policy
    }
}

/// The steps of a task: up to its command's end, and those that leave nothing of it behind,
/// however the first went.
package struct TaskPlan: Sendable, Equatable {
    package var run: Plan
    package var end: Plan
    package var release: Int
}

/// Why there can be no task.
package enum TaskError: Error, Equatable, CustomStringConvertible {
    case neverDeployed(String)
    case unrecorded(String, release: Int)
    case artifactGone(String, release: Int)
    case unknownSettings(String)
    case networkGone(String)
    case unobservable(String)
    case noRoom(String, why: String)

    package var description: String {
        switch self {
        case .neverDeployed(let app):
            "\(app): was never deployed, so there is nothing to run the command in; 'modplan apply "
                + "\(app)' deploys it"
        case .unrecorded(let app, let release):
            "\(app): nothing on record tells what its release \(release) was made of; 'modplan "
                + "state rebuild' recovers what can be"
        case .artifactGone(let app, let release):
            "\(app): the artifact of its release \(release) is gone; 'modplan apply \(app)' builds "
                + "it anew"
        case .unknownSettings(let app):
            "\(app): no container of it tells its settings, and no definition either; 'modplan "
                + "validate' says what is wrong with the definitions"
        case .networkGone(let app):
            "\(app): the network that its containers are on is gone; 'modplan apply' makes it anew"
        case .unobservable(let why): why
        case .noRoom(let app, let why): "\(app): \(why)"
        }
    }
}

/// The steps of a one-off command: a copy of the current release's artifact, and a container on it
/// with the image, limits, network and environment that the app has now.
///
/// Pure, as every plan is.
package func planTask(_ task: TaskRequest, _ input: TaskInput) throws(TaskError) -> TaskPlan {
    let naming = Naming(installation: input.installation)
    let model = try TaskModel(task.app, input, naming)
    let name = naming.task(app: task.app, id: task.id)
    var digest = ContentDigest("modplan task")
    digest.add("version", "1")
    digest.add("artifact", model.artifact)
    digest.add("image", model.imageID)
    let spec = ContainerSpec(
        name: name, role: .task, app: task.app, instance: nil, release: model.release,
        imageID: model.imageID, volume: name, memoryBytes: model.memoryBytes,
        nanoCPUs: model.nanoCPUs, processLimit: 256, network: naming.network, port: nil,
        environment: [:], digest: String(digest.hexadecimal.prefix(24)),
        command: TaskConfiguration.command(task.command))
    let configuration = TaskConfiguration(
        app: task.app, id: task.id, port: model.port, environment: model.environment)
    func plan(_ operations: [Operation]) -> Plan {
        var steps = StepList()
        _ = steps.chain(operations, for: .task(app: task.app, id: task.id), after: [])
        return Plan(
            basis: Basis(installation: input.installation, apps: [], isPartial: true),
            changes: [], drift: [], steps: steps.steps, inSync: [], needsAllowDestroy: false)
    }
    let run = plan([
        .snapshotVolume(
            origin: naming.volume(.artifact(key: model.artifact)), name: name,
            limitBytes: model.volumeBytes),
        .mountVolume(name: name),
        .repairLayout(volume: name),
        .writeTask(volume: name, configuration),
        .runTask(spec),
    ])
    let volumes = input.observed.volumes.value ?? []
    let sealed = volumes.filter { volume in
        switch naming.role(ofVolume: volume.name) {
        case .artifact?, .storageSnapshot?: true
        default: false
        }
    }
    var admission = Admission(
        input.policy, input.observed.capacity, naming: naming, sealed: sealed
    ) { name in volumes.first { $0.name == name } }
    if let why = admission.refusal(of: run.steps) { throw .noRoom(task.app, why: why) }
    return TaskPlan(
        run: run,
        end: plan([
            .removeContainer(ContainerReference(name: name)),
            .unmountVolume(name: name),
            .removeVolume(name: name),
        ]), release: model.release)
}
