import Desired
import Observed

/// Plans one app: its build, its instances, and what it left behind.
final class AppPlanner {
    let app: String
    let world: World
    let desired: DesiredApp?
    let state: AppState
    /// The step that makes the network, if it has to be made.
    let networkStep: [String]
    var builds: SharedBuilds
    var result = AppResult()

    /// The containers of the app that are there.
    let containers: [Container]
    /// The volumes of the app that are there.
    let volumesOnHost: [(role: VolumeRole, volume: Volume)]
    /// Ids of containers that a step stops already.
    var stopped: Set<String> = []
    /// By container id, the step that removes it.
    var removals: [String: String] = [:]
    /// Instances of which too little is known to act on them.
    var unobserved: Set<Int> = []
    /// The steps of the instance that is being planned, from where on an older container that was
    /// stopped for it is to be started again if one fails.
    var remedied = 0
    /// Nil for an app that ends.
    var target: Target?

    init(app: String, world: World, networkStep: [String], builds: consuming SharedBuilds) {
        self.app = app
        self.world = world
        desired = world.desired(app)
        state = world.state(of: app)
        self.networkStep = networkStep
        self.builds = builds
        containers = world.containers(of: app)
        volumesOnHost = world.volumes(of: app)
    }

    func run() throws(PlanningError) -> AppResult {
        if let why = world.input.unreadable[app] {
            noteDrift(.build(app: app), .unobservable, why, hasStep: false)
            return result
        }
        noteNotifications()
        if world.input.purpose == .pruneStorage {
            pruneStorage()
            return result
        }
        guard let desired, !world.input.destroys else {
            endApp(world.input.destroys ? .destroyed : .appRemoved)
            return result
        }
        if let stop = state.stopped {
            holdDown(stop)
            return result
        }
        let target = try Target(desired, in: world)
        self.target = target
        try requireNoShrinking(target)
        try requireData(target)
        let swept = sweepTransients() + (try planPin(target))
        let artifact = planBuild(target, after: swept)
        var previous: [String] = []
        for number in 0..<target.definition.run.instances {
            let settled = planInstance(
                number, target: target, artifact: artifact, swept: swept, previous: previous)
            // One instance at a time, unless they wait for others to give up a port.
            if !takesPortsOver(target) { previous = settled }
        }
        for number in instancesOnHost where number >= target.definition.run.instances {
            endInstance(number, reason: .scaledDown)
        }
        keepOrphans()
        expireSnapshots(target, after: previous)
        // A definition that could not be compared with every instance was not applied whole.
        if !result.steps.steps.isEmpty && unobserved.isEmpty
            && state.applied != desired.blob
        {
            result.steps.add(
                .recordApplied(definition: desired.blob), for: .instance(app: app, number: 0),
                after: result.steps.regular)
        }
        return result
    }

    func basis(reading resources: [Basis.Resource]) -> Basis.App {
        Basis.App(
            app: app, definition: desired?.blob, commit: desired?.source.commit,
            tree: desired?.source.tree, epoch: state.epoch, serial: state.serial,
            resources: resources)
    }

    /// The numbers of the instances that have a container or a volume.
    var instancesOnHost: [Int] {
        let ofVolumes = volumesOnHost.compactMap { entry in
            if case .run(_, let instance, _) = entry.role { instance } else { nil as Int? }
        }
        return Set(containers.compactMap(\.labels.instance) + ofVolumes).sorted()
    }

    /// A port that an instance is to have is another's now, who may be waiting for one of ours: one
    /// by one could wait for ever.
    private func takesPortsOver(_ target: Target) -> Bool {
        (0..<target.definition.run.instances).contains { number in
            guard let port = target.port(number) else { return false }
            return world.holders(of: port).contains { holder in
                holder.labels.app != app || holder.labels.instance != number
            }
        }
    }

    func note(
        _ address: Address, _ action: Action, _ reason: Reason, _ fields: [String] = [],
        _ disruption: Disruption, isDrift: Bool = false, bytes: Int64? = nil
    ) {
        result.changes.append(
            Change(
                address: address, action: action, reason: reason, fields: fields,
                disruption: disruption, isDrift: isDrift, bytes: bytes))
    }

    func noteDrift(
        _ address: Address, _ kind: Drift.Kind, _ evidence: String, hasStep: Bool,
        isHealed: Bool = false
    ) {
        result.drift.append(
            Drift(
                address: address, kind: kind, evidence: evidence, hasStep: hasStep,
                isHealed: isHealed))
    }
}
