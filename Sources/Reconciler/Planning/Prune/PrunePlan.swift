import Desired
import Observed

/// The end of what nothing needs any more: leftovers of builds, volumes that no instance is on,
/// artifacts and images of no release; then the mounted volumes give back what was freed on them.
///
/// What another command holds the lock of is left alone, and so is all that apps share while one of
/// them cannot tell what it needs.
func prunePlan(_ world: World) -> Plan {
    var plan = Plan(
        basis: Basis(
            installation: world.input.installation, apps: [], isPartial: false, prunes: true),
        changes: [], drift: [], steps: [], inSync: [], needsAllowDestroy: false)
    for app in world.appNames {
        let planner = AppPlanner(
            app: app, world: world, networkStep: [], builds: SharedBuilds())
        planner.prune()
        let result = planner.result
        let resources = result.steps.steps.isEmpty ? [] : planner.resources()
        plan.basis.apps.append(planner.basis(reading: resources))
        plan.changes += result.changes
        plan.steps += result.steps.steps
    }
    var shared = SharedPrune(world)
    shared.run()
    plan.changes += shared.result.changes
    plan.drift += shared.result.drift
    plan.steps += shared.result.steps.steps
    plan.warnings = Admission(world).warnings
    plan.changes.sort { ($0.address, $0.action.rawValue) < ($1.address, $1.action.rawValue) }
    plan.drift.sort { ($0.address, $0.kind.rawValue) < ($1.address, $1.kind.rawValue) }
    return plan
}

extension AppPlanner {
    func prune() {
        guard world.input.unreadable[app] == nil else { return }
        guard !world.input.busy.contains(app) else {
            note(.build(app: app), .hold, .inUse, [], .none)
            return
        }
        _ = sweepTransients()
        let unused = unusedRunVolumes
        for (instance, volume) in unused {
            let address = Address.volume(app: app, instance: instance, role: "run")
            note(
                address, .delete, .unreferenced, [volume.name], .none, bytes: volume.usedBytes)
            _ = removeVolume(volume, at: address, after: [])
        }
        let names = Set(unused.map(\.volume.name))
        for (role, volume) in world.volumes(of: app) {
            guard case .run(_, let instance, _) = role, volume.isMounted,
                !names.contains(volume.name)
            else { continue }
            result.steps.add(
                .trimVolume(name: volume.name),
                for: .volume(app: app, instance: instance, role: "run"))
        }
    }

    /// Run volumes that no container is on, nor is to be.
    private var unusedRunVolumes: [(instance: Int, volume: Volume)] {
        // While an operator has it stopped, its volumes wait for its start.
        guard state.stopped == nil else { return [] }
        var wanted: (release: Int, instances: Int)?
        if let desired {
            guard let target = try? Target(desired, in: world) else { return [] }
            wanted = (target.release.number, target.definition.run.instances)
        }
        let mounted = Set(containers.flatMap(\.settings.mounts))
        return world.volumes(of: app).compactMap { entry in
            guard case .run(_, let instance, let release) = entry.role,
                !mounted.contains("\(entry.volume.name):/mnt")
            else { return nil }
            if let wanted, release == wanted.release, instance < wanted.instances { return nil }
            return (instance, entry.volume)
        }
    }
}

/// Artifacts and images.
private struct SharedPrune {
    let world: World
    let needed: Retention
    var result = AppResult()

    init(_ world: World) {
        self.world = world
        needed = Retention(world)
    }

    mutating func run() {
        for (app, why) in needed.unknown {
            result.drift.append(
                Drift(
                    address: .build(app: app), kind: .unobservable, evidence: why, hasStep: false,
                    isHealed: false))
        }
        guard needed.unknown.isEmpty else { return }
        for (key, volume) in world.artifacts.sorted(by: { $0.key < $1.key })
        where !needed.artifacts.contains(key) {
            endArtifact(key, volume)
        }
        endImages()
    }

    private mutating func endArtifact(_ key: String, _ volume: Volume) {
        let address = Address.artifact(key: key)
        guard !world.input.busy.contains(volume.name) else {
            return note(address, .hold, .inUse)
        }
        note(address, .delete, .unreferenced, bytes: volume.usedBytes)
        let unmount: [Operation] = volume.isMounted ? [.unmountVolume(name: volume.name)] : []
        _ = result.steps.chain(
            unmount + [.removeVolume(name: volume.name)], for: address, after: [])
    }

    private mutating func endImages() {
        guard let engine = world.input.observed.engine.value else { return }
        let superseded = SupersededImages(world, needed: needed.images, in: engine)
        var removals: [(parent: String?, step: String)] = []
        for image in superseded.images {
            let address = Address.image(id: image.id)
            guard !world.input.busy.contains(SharedLocks.images) else {
                note(address, .hold, .inUse)
                continue
            }
            note(
                address, .delete, .superseded, [image.builtAs ?? "an image"],
                bytes: superseded.ownBytes(of: image))
            let children = removals.filter { $0.parent == image.inputDigest }.map(\.step)
            let step = result.steps.add(.removeImage(id: image.id), for: address, after: children)
            removals.append((image.parent, step))
        }
    }

    private mutating func note(
        _ address: Address, _ action: Action, _ reason: Reason, _ fields: [String] = [],
        bytes: Int64? = nil
    ) {
        result.changes.append(
            Change(
                address: address, action: action, reason: reason, fields: fields,
                disruption: .none, isDrift: false, bytes: bytes))
    }
}
