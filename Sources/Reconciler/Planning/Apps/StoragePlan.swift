import Desired
import Observed

/// One instance's storage while it is planned.
struct StoragePlan {
    let name: String
    let limit: ByteCount
    let found: Volume?
    let record: StorageRecord?
    /// The release whose data stands on it, as far as anything says so.
    let holder: Int?
    /// Set where a snapshot is to take its place.
    let restoring: StorageRecord.Restoring?

    /// It was there, and nothing explains why it is not.
    var isGone: Bool { found == nil && record?.restoring == nil }
}

extension AppPlanner {
    func storageRecord(_ number: Int) -> StorageRecord? {
        state.storage?.first { $0.instance == number }
    }

    func storageAddress(_ number: Int) -> Address {
        .volume(app: app, instance: number, role: "storage")
    }

    func storagePlan(
        _ number: Int, _ target: Target, _ owned: [Container], _ current: Container?
    ) -> StoragePlan? {
        guard let limit = target.definition.run.storage, let name = target.storage(number) else {
            return nil
        }
        let record = storageRecord(number)
        // Without a record, what runs on it says whose it is.
        let users = owned.filter { $0.uses(name) }
        let user = users.first { $0.id == current?.id } ?? users.last
        let holder = record?.release ?? user?.labels.release
        var restoring = record?.restoring
        if restoring == nil, case .rollback(_, withData: true) = world.input.purpose {
            restoring = .init(
                release: target.release.number,
                aside: asideName(number, holder, for: target.release.number))
        }
        return StoragePlan(
            name: name, limit: limit,
            found: world.volume(.storage(app: app, instance: number)), record: record,
            holder: holder, restoring: restoring)
    }

    /// What the present storage becomes when another takes its place: the snapshot of the release
    /// that ran on it, unless it is that very release's snapshot that does.
    private func asideName(_ number: Int, _ holder: Int?, for release: Int) -> String {
        if let holder, holder != release {
            return world.naming.volume(
                .storageSnapshot(app: app, instance: number, release: holder))
        }
        var free = 1
        while world.volume(.storageAside(app: app, instance: number, number: free)) != nil {
            free += 1
        }
        return world.naming.volume(.storageAside(app: app, instance: number, number: free))
    }

    /// Data comes back as it was with that release, or the rollback is none.
    func requireData(_ target: Target) throws(PlanningError) {
        guard case .rollback(_, withData: true) = world.input.purpose else { return }
        guard target.definition.run.storage != nil else {
            throw .noData(app: app, why: "it has no run.storage; leave out --with-data")
        }
        if let obstacle = world.input.observed.obstacleToSnapshots {
            throw .noData(app: app, why: "there are no snapshots, for \(obstacle)")
        }
        let release = target.release.number
        for number in 0..<target.definition.run.instances {
            let role = VolumeRole.storageSnapshot(app: app, instance: number, release: release)
            if let other = storageRecord(number)?.restoring?.release, other != release {
                throw .noData(
                    app: app,
                    why: "the return to the data of release \(other) was interrupted; "
                        + "'modplan apply \(app)' ends it first")
            }
            guard world.volume(role) == nil else { continue }
            let known = volumesOnHost.compactMap { entry -> Int? in
                guard case .storageSnapshot(_, number, let release) = entry.role else { return nil }
                return release
            }.sorted().map(String.init)
            throw .noData(
                app: app,
                why: "release \(release) has no snapshot of the storage of instance \(number); "
                    + (known.isEmpty
                        ? "there is none" : "there are of \(known.joined(separator: ", "))"))
        }
    }
}

extension Container {
    /// It has that storage mounted.
    func uses(_ storage: String) -> Bool {
        settings.mounts.contains("\(storage):\(ImageStandard.storagePath)")
    }
}
