import Desired
import Observed

/// One instance while it is planned.
struct InstancePlan {
    let number: Int
    let address: Address
    let target: Target
    /// The container of the wanted release, if there is one.
    let current: Container?
    /// Containers of other releases.
    let old: [Container]
    /// The volume of the wanted release, if it is there.
    let volume: Volume?
    /// The wanted container.
    let spec: ContainerSpec
    /// Nil for an app without.
    let storage: StoragePlan?
    var volumeName: String { spec.volume }

    /// What it has to take over from the old ones.
    var exclusive: Disruption.Exclusive? {
        if let storage, old.contains(where: { $0.uses(storage.name) }) { return .storage }
        return spec.port == nil ? nil : .port
    }

    /// An old one from before the app had a storage serves on while the storage is taken over: its
    /// port, if it has one, is not the new one's.
    var servesBesideStorage: Bool {
        guard let storage, spec.port == nil else { return false }
        return old.contains { $0.isUp && !$0.uses(storage.name) }
    }
}

extension AppPlanner {
    /// - Returns: the steps after which the next instance may be touched.
    func planInstance(
        _ number: Int, target: Target, artifact: [String], swept: [String], previous: [String]
    ) -> [String] {
        let owned = containers.filter { $0.labels.instance == number && !$0.labels.isTransient }
        let release = target.release.number
        // After a crash between two creates there may be two of one release: keep the one that runs.
        let current =
            owned.first { $0.labels.release == release && $0.status == .running }
            ?? owned.first { $0.labels.release == release }
        let instance = InstancePlan(
            number: number, address: .instance(app: app, number: number), target: target,
            current: current, old: owned.filter { $0.id != current?.id },
            volume: world.volume(.run(app: app, instance: number, release: release)),
            spec: target.container(.run, instance: number),
            storage: storagePlan(number, target, owned, current))
        let before = artifact + swept + previous
        remedied = result.steps.steps.count
        let settled: [String]
        if let current {
            settled = planCurrent(current, instance, after: before)
        } else if instance.old.isEmpty {
            settled = planCreation(instance, after: artifact + swept)
        } else {
            settled = planReplacement(instance, after: before)
        }
        if !unobserved.contains(number) {
            retire(instance, after: settled, isUntouched: settled == before)
        }
        return settled.isEmpty ? previous : settled
    }

    private func planCreation(_ instance: InstancePlan, after: [String]) -> [String] {
        let (reason, isDrift) = creationReason(instance)
        note(instance.address, .create, reason, [], .none, isDrift: isDrift)
        if isDrift {
            noteDrift(instance.address, .containerMissing, "container is gone", hasStep: true)
        }
        let prepared = prepareVolume(instance, after: after)
        let taken = takeOver(instance, after: prepared)
        return bringUp(instance.spec, instance, after: taken + networkStep)
    }

    private func creationReason(_ instance: InstancePlan) -> (Reason, isDrift: Bool) {
        let wasApplied = state.applied != nil
        if instance.volume != nil && wasApplied { return (.containerMissing, true) }
        if !wasApplied { return (.appAdded, false) }
        let others = containers.contains { $0.labels.instance != instance.number }
        return others ? (.scaledUp, false) : (.containerMissing, true)
    }

    /// The old release serves until the new one is proven ready; where a port is published, it is
    /// proven without it, since a port belongs to one container. With a storage nothing can be
    /// proven: the old one stops, and is started again if the new one does not get ready.
    func planReplacement(_ instance: InstancePlan, after: [String]) -> [String] {
        let before = state.releases.last { $0.number != instance.target.release.number }
        let (reason, fields) = replacementReason(instance, from: before)
        let gap = instance.servesBesideStorage ? nil : instance.exclusive?.gap
        note(instance.address, .replace, reason, fields, gap ?? .rolling)
        var last = prepareVolume(instance, after: after) + networkStep
        if let storage = instance.storage, instance.exclusive == .storage {
            for container in instance.old
            where container.uses(storage.name) || !instance.servesBesideStorage {
                last = stopContainer(container, at: instance.address, after: last)
            }
            remedied = result.steps.steps.count
        }
        last = takeOver(instance, after: last)
        guard instance.exclusive == .port else {
            return bringUp(instance.spec, instance, after: last)
        }
        let candidate = instance.target.container(.candidate, instance: instance.number)
        last = bringUp(candidate, instance, after: last)
        let reference = ContainerReference(name: candidate.name)
        last = result.steps.chain(
            [.stopContainer(reference), .removeContainer(reference)], for: instance.address,
            after: last)
        for container in instance.old {
            last = stopContainer(container, at: instance.address, after: last)
        }
        return bringUp(instance.spec, instance, after: last)
    }

    private func replacementReason(
        _ instance: InstancePlan, from before: Release?
    ) -> (Reason, [String]) {
        let wanted = instance.target.release
        if wanted.number < instance.target.headRelease.number {
            let present = instance.old.compactMap(\.labels.release).max() ?? 0
            return (.rolledBack, ["release \(present) → \(wanted.number)"])
        }
        return before.map { Self.releaseReason(from: $0, to: wanted) } ?? (.sourceChanged, [])
    }

    /// The steps that leave the instance's volume mounted and laid out.
    ///
    /// - Parameter isInUse: a container has it mounted, or may have.
    func prepareVolume(
        _ instance: InstancePlan, isInUse: Bool = false, after: [String]
    ) -> [String] {
        let name = instance.volumeName
        var operations: [Operation] = []
        if instance.volume == nil {
            operations.append(
                .snapshotVolume(
                    origin: instance.target.artifactVolume, name: name,
                    limitBytes: instance.target.definition.run.volume.bytes))
        }
        if let volume = instance.volume {
            operations += mounted(
                volume, instance, grownTo: instance.target.definition.run.volume, isInUse: isInUse)
        } else {
            operations.append(.mountVolume(name: name))
        }
        operations += [
            .repairLayout(volume: name),
            .writeConfiguration(volume: name, instance.target.configuration(instance.number)),
        ]
        return result.steps.chain(operations, for: instance.address, after: after)
    }

    /// Create, start, wait until ready.
    func bringUp(
        _ spec: ContainerSpec, _ instance: InstancePlan, after: [String]
    ) -> [String] {
        let reference = ContainerReference(name: spec.name)
        return result.steps.chain(
            [.createContainer(spec), .startContainer(reference), ready(reference, instance)],
            for: instance.address, after: after)
    }

    func ready(_ reference: ContainerReference, _ instance: InstancePlan) -> Operation {
        .awaitReady(
            reference, volume: instance.volumeName, port: instance.target.definition.run.port,
            instance.target.definition.run.ready)
    }
}

extension Container {
    var reference: ContainerReference { ContainerReference(name: name, id: id) }
}
