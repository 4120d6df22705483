import Desired
import Observed

extension AppPlanner {
    /// What no plan removes unless it is asked to: storages, and what releases left on them.
    private var storageVolumes: [(instance: Int, isStorage: Bool, volume: Volume)] {
        volumesOnHost.compactMap { entry in
            switch entry.role {
            case .storage(_, let number): (number, true, entry.volume)
            case .storageSnapshot(_, let number, _), .storageAside(_, let number, _):
                (number, false, entry.volume)
            default: nil
            }
        }
    }

    var hasStorage: Bool { !storageVolumes.isEmpty }

    var endsStorage: Bool { world.input.purpose == .destroy(storage: true) }

    private func isWanted(_ number: Int) -> Bool {
        guard let run = desired?.definition.run, !world.input.destroys else { return false }
        return run.storage != nil && number < run.instances
    }

    /// Unmounts the storages that no instance is to have, and remembers since when that is so.
    func keepOrphans() {
        for (number, isStorage, volume) in storageVolumes where isStorage && !isWanted(number) {
            let users = containers.filter { $0.uses(volume.name) }
            let record = storageRecord(number)
            note(
                storageAddress(number), .hold, .orphaned,
                orphanFields(volume, record), .none)
            // One that could not be observed stays.
            guard users.allSatisfy({ removals[$0.id] != nil }) else { continue }
            var operations: [Operation] =
                volume.isMounted ? [.unmountVolume(name: volume.name)] : []
            if record?.orphanedAt == nil {
                operations.append(.recordStorage(instance: number, .orphaned))
            }
            _ = result.steps.chain(
                operations, for: storageAddress(number),
                after: users.compactMap { removals[$0.id] })
        }
    }

    private func orphanFields(_ volume: Volume, _ record: StorageRecord?) -> [String] {
        let size = "\(ByteCount(bytes: volume.limitBytes))"
        let since = record?.orphanedAt.map { ["since \($0)"] } ?? []
        return ["\(size), kept"] + since
    }

    /// Removes the storages that no instance is to have, with all that belongs to them.
    func pruneStorage() {
        let gone = Set(storageVolumes.map(\.instance)).filter { !isWanted($0) }
        let last = removeStorage(.orphaned, of: gone)
        guard !last.isEmpty, desired == nil, world.containers(of: app).isEmpty else { return }
        result.steps.add(.forgetApp, for: .build(app: app), after: last)
    }

    /// - Returns: the steps after which all of it is gone.
    func removeStorage(_ reason: Reason, of instances: Set<Int>? = nil) -> [String] {
        var last: [String] = []
        for (number, isStorage, volume) in storageVolumes
        where instances?.contains(number) ?? true {
            let users = containers.filter { $0.uses(volume.name) }
            guard users.allSatisfy({ removals[$0.id] != nil }) else { continue }
            let record = storageRecord(number)
            let sizes = [volume.limitBytes, volume.usedBytes].map {
                ByteCount(bytes: $0).rounded
            }
            var fields = ["\(volume.name), \(sizes[0]), \(sizes[1]) in use"]
            if isStorage, let made = record?.madeAt { fields.append("made \(made)") }
            if isStorage, let since = record?.orphanedAt { fields.append("unused since \(since)") }
            note(storageAddress(number), .delete, reason, fields, .delete)
            var removed = removeVolume(
                volume, at: storageAddress(number), after: users.compactMap { removals[$0.id] })
            if isStorage && !world.input.destroys {
                removed = result.steps.chain(
                    [.recordStorage(instance: number, .removed)], for: storageAddress(number),
                    after: removed)
            }
            last += removed
        }
        return last
    }

    /// Snapshots go with the releases that can be gone back to.
    func expireSnapshots(_ target: Target, after: [String]) {
        let newest = newestRelease(target)
        for (role, volume) in volumesOnHost {
            guard case .storageSnapshot(_, let number, let release) = role,
                release <= newest - PlanningInput.keptReleases, release != target.release.number,
                release != storageRecord(number)?.restoring?.release
            else { continue }
            note(
                storageAddress(number), .delete, .snapshotExpired, ["release \(release)"], .none)
            _ = removeVolume(volume, at: storageAddress(number), after: after)
        }
    }

    func newestRelease(_ target: Target) -> Int {
        max(
            target.release.number, target.headRelease.number,
            state.releases.map(\.number).max() ?? 0)
    }
}
