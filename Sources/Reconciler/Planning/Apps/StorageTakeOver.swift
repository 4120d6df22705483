import Desired
import Observed

extension AppPlanner {
    /// The steps that leave an instance's storage mounted and its own, before a container starts on
    /// it: none runs on it by then.
    ///
    /// What the release before left is kept as its snapshot, as far as that costs nothing.
    func takeOver(_ instance: InstancePlan, after: [String]) -> [String] {
        guard let storage = instance.storage else { return after }
        var operations: [Operation]
        if let restoring = storage.restoring {
            operations = bringBack(restoring, storage, instance)
        } else if let found = storage.found {
            operations = keepAndGrow(found, storage, instance)
        } else {
            operations = make(storage, instance)
        }
        operations.append(
            .layOutStorage(name: storage.name, runVolume: instance.volumeName))
        let release = instance.target.release.number
        let record = storage.record
        if record?.release != release || record?.orphanedAt != nil || record?.restoring != nil
            || storage.restoring != nil
        {
            operations.append(
                .recordStorage(instance: instance.number, .running(release: release)))
        }
        return result.steps.chain(operations, for: instance.address, after: after)
    }

    private func make(_ storage: StoragePlan, _ instance: InstancePlan) -> [Operation] {
        let address = storageAddress(instance.number)
        let isLost = storage.record?.release != nil
        note(
            address, .create, isLost ? .storageMissing : .storageAdded,
            [storage.limit.description], .none, isDrift: isLost)
        if isLost {
            noteDrift(address, .storageMissing, "its storage is not there any more", hasStep: true)
        }
        return [
            .createVolume(name: storage.name, limitBytes: storage.limit.bytes),
            .mountVolume(name: storage.name),
        ]
    }

    private func keepAndGrow(
        _ found: Volume, _ storage: StoragePlan, _ instance: InstancePlan
    ) -> [Operation] {
        let address = storageAddress(instance.number)
        if let since = storage.record?.orphanedAt {
            note(
                address, .update, .storageTakenUp,
                [ByteCount(bytes: found.limitBytes).description, "since \(since)"], .none)
        }
        var found = found
        var operations: [Operation] = []
        if let release = storage.holder, release != instance.target.release.number,
            release > newestRelease(instance.target) - PlanningInput.keptReleases,
            world.input.observed.obstacleToSnapshots == nil
        {
            note(address, .update, .snapshotTaken, ["the data of release \(release)"], .none)
            let role = VolumeRole.storageSnapshot(
                app: app, instance: instance.number, release: release)
            // Even where it was not seen mounted: a copy of what is being written to is none.
            operations.append(.unmountVolume(name: found.name))
            found.isMounted = false
            operations += removal(of: world.volume(role))
            operations.append(
                .snapshotVolume(
                    origin: found.name, name: world.naming.volume(role),
                    limitBytes: found.limitBytes))
        }
        return operations + mounted(found, instance, grownTo: storage.limit, isInUse: false)
    }

    /// The present storage gives way, and a copy of the release's snapshot takes its place. What of
    /// it was done before an interruption is not done again.
    private func bringBack(
        _ restoring: StorageRecord.Restoring, _ storage: StoragePlan, _ instance: InstancePlan
    ) -> [Operation] {
        let number = instance.number
        let aside = volumesOnHost.first { $0.volume.name == restoring.aside }?.volume
        let isAside = storage.record?.restoring != nil && aside != nil
        note(
            storageAddress(number), .update, .dataRestored,
            ["as release \(restoring.release) left it", "present data kept as \(restoring.aside)"],
            .none)
        if isAside, let found = storage.found {
            return mounted(found, instance, grownTo: storage.limit, isInUse: false)
        }
        var operations: [Operation] = []
        if let found = storage.found {
            if found.isMounted { operations.append(.unmountVolume(name: found.name)) }
            operations += removal(of: aside)
            operations += [
                .recordStorage(instance: number, .restoring(restoring)),
                .renameVolume(name: storage.name, to: restoring.aside),
            ]
        } else if storage.record?.restoring == nil {
            // Nothing gives way; what is copied now is complete, or is not there.
            operations.append(.recordStorage(instance: number, .restoring(restoring)))
        }
        let origin = VolumeRole.storageSnapshot(
            app: app, instance: number, release: restoring.release)
        return operations + [
            .snapshotVolume(
                origin: world.naming.volume(origin), name: storage.name,
                limitBytes: storage.limit.bytes),
            .mountVolume(name: storage.name),
        ]
    }

    private func removal(of volume: Volume?) -> [Operation] {
        guard let volume else { return [] }
        return (volume.isMounted ? [.unmountVolume(name: volume.name)] : [])
            + [.removeVolume(name: volume.name)]
    }

    /// The release stays, and its data comes back as a release had left it.
    func bringDataBack(
        under container: Container, _ instance: InstancePlan, after: [String]
    ) -> [String] {
        let release = instance.storage?.restoring?.release ?? 0
        note(
            instance.address, .restart, .rolledBack, ["data of release \(release)"],
            Disruption.Exclusive.storage.gap)
        var last = stopContainer(container, at: instance.address, after: after)
        last = prepareVolume(instance, after: last)
        last = takeOver(instance, after: last)
        return result.steps.chain(
            [.startContainer(container.reference), ready(container.reference, instance)],
            for: instance.address, after: last)
    }

    /// Mends a storage under the container that runs on it. Nothing else waits for it.
    func keepStorage(_ instance: InstancePlan) {
        guard let storage = instance.storage, let found = storage.found else { return }
        let address = storageAddress(instance.number)
        if !found.isMounted {
            note(address, .update, .volumeUnmounted, [], .none, isDrift: true)
            noteDrift(
                address, .volumeUnmounted, "storage is not mounted on the host", hasStep: true)
        }
        let operations = mounted(found, instance, grownTo: storage.limit, isInUse: true)
        _ = result.steps.chain(operations, for: address, after: [])
    }

    /// Of the older containers the one that serves, or did last: another that never got ready may
    /// still be there.
    private func lastServing(_ instance: InstancePlan, _ storage: StoragePlan) -> Container? {
        let candidates = instance.old.filter { container in
            container.uses(storage.name) && ![.dead, .removing].contains(container.status)
        }
        return candidates.last(where: \.isUp)
            ?? candidates.last { $0.labels.release == storage.holder } ?? candidates.last
    }

    /// An older container that was stopped for this instance's storage is started again if the
    /// present one does not get ready. The data stays as it is then.
    ///
    /// After a rollback with data it is not: it would run on data that is not its own.
    func startAgain(_ instance: InstancePlan) {
        guard let storage = instance.storage, storage.restoring == nil,
            !instance.servesBesideStorage,
            let old = lastServing(instance, storage), let release = old.labels.release
        else { return }
        let attempts = result.steps.steps[remedied...].filter {
            $0.subject == instance.address && $0.remedyOf.isEmpty
        }
        guard let first = attempts.first else { return }
        let role = VolumeRole.run(app: app, instance: instance.number, release: release)
        let volume = world.naming.volume(role)
        let configuration = world.volume(role)?.contents?.value?.configuration ?? []
        let run = instance.target.definition.run
        let newest = instance.current.flatMap { removals[$0.id] == nil ? $0.reference : nil }
        _ = result.steps.chain(
            [
                .stopContainer(newest ?? ContainerReference(name: instance.spec.name)),
                .mountVolume(name: volume), .repairLayout(volume: volume),
                .mountVolume(name: storage.name),
                .recordStorage(instance: instance.number, .running(release: release)),
                .startContainer(old.reference),
                .awaitReady(
                    old.reference, volume: volume,
                    port: InstanceConfiguration.port(in: configuration) ?? run.port, run.ready),
            ], for: instance.address, after: first.after, remedyOf: attempts.map(\.id))
    }
}
