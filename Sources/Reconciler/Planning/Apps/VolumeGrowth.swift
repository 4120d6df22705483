import Desired
import Observed

extension AppPlanner {
    /// A volume is never made smaller. Asked before anything of the app is planned, since half of
    /// what the definition says would be none of it.
    func requireNoShrinking(_ target: Target) throws(PlanningError) {
        let run = target.definition.run
        for number in 0..<run.instances {
            let role = VolumeRole.run(app: app, instance: number, release: target.release.number)
            try require(
                world.volume(role), of: number, toBeWithin: run.volume, key: "run.volume",
                "commit the smaller size together with a change of the source: a new release has a "
                    + "new volume")
            guard let storage = run.storage else { continue }
            try require(
                world.volume(.storage(app: app, instance: number)), of: number,
                toBeWithin: storage, key: "run.storage",
                "copy what it holds, remove run.storage, apply, 'modplan prune --storage \(app)', and "
                    + "ask for a new one")
        }
    }

    private func require(
        _ volume: Volume?, of number: Int, toBeWithin limit: ByteCount, key: String,
        _ otherwise: String
    ) throws(PlanningError) {
        guard let volume, volume.limitBytes > limit.bytes else { return }
        let present = ByteCount(bytes: volume.limitBytes)
        throw .shrunk(
            .init(
                app: app, instance: number, key: key, present: present, wanted: limit,
                wayOut: "write \(present) or more, or \(otherwise)"))
    }

    /// The operations that leave a volume mounted, and as large as it should be.
    ///
    /// One that nobody uses grows unmounted: any host can do that, and a mounted one takes
    /// CAP_SYS_RESOURCE.
    func mounted(
        _ volume: Volume, _ instance: InstancePlan, grownTo limit: ByteCount, isInUse: Bool
    ) -> [Operation] {
        let mount = Operation.mountVolume(name: volume.name)
        guard let grow = growth(volume, instance, to: limit) else {
            return volume.isMounted ? [] : [mount]
        }
        if isInUse { return (volume.isMounted ? [] : [mount]) + [grow] }
        let unmount = Operation.unmountVolume(name: volume.name)
        return (volume.isMounted ? [unmount] : []) + [grow, mount]
    }

    /// Grows a volume under whatever runs on it. Nothing else of the instance waits for it.
    func growInPlace(_ volume: Volume, _ instance: InstancePlan, to limit: ByteCount) {
        guard let grow = growth(volume, instance, to: limit) else { return }
        result.steps.add(grow, for: address(of: volume, instance))
    }

    /// Nil for a volume that is large enough.
    private func growth(
        _ volume: Volume, _ instance: InstancePlan, to limit: ByteCount
    ) -> Operation? {
        guard volume.limitBytes < limit.bytes else { return nil }
        let address = address(of: volume, instance)
        let key = volume.name == instance.volumeName ? "run.volume" : "run.storage"
        note(
            address, .update, .volumeGrown,
            ["\(key) \(ByteCount(bytes: volume.limitBytes)) → \(limit)"], .none)
        return .growVolume(name: volume.name, limitBytes: limit.bytes)
    }

    private func address(of volume: Volume, _ instance: InstancePlan) -> Address {
        .volume(
            app: app, instance: instance.number,
            role: volume.name == instance.volumeName ? "run" : "storage")
    }
}
