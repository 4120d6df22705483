import Observed

extension AppPlanner {
    /// Ends everything of the app: it is gone from git, or is to be destroyed.
    func endApp(_ reason: Reason) {
        endTasks(reason)
        for container in containers
        where container.labels.instance == nil && taskID(of: container) == nil {
            note(.build(app: app), .delete, reason, [container.name], .none)
            _ = removeContainer(container, at: .build(app: app), after: [])
        }
        for number in instancesOnHost { endInstance(number, reason: reason) }
        var last = result.steps.steps.map(\.id)
        for (role, volume) in volumesOnHost {
            guard case .build = role else { continue }
            note(.build(app: app), .delete, reason, [volume.name], .none)
            last = removeVolume(volume, at: .build(app: app), after: last)
        }
        if endsStorage { last += removeStorage(reason) } else { keepOrphans() }
        if !endsStorage && hasStorage {
            last = result.steps.steps.map(\.id)
            guard state.applied != nil || state.stopped != nil || state.pin != nil else { return }
            if last.isEmpty { note(.build(app: app), .forget, reason, [], .none) }
            result.steps.add(.recordEnd, for: .build(app: app), after: last)
            return
        }
        if last.isEmpty && world.input.states[app] != nil {
            note(.build(app: app), .forget, reason, [], .none)
            result.steps.add(.forgetApp, for: .build(app: app))
        }
        if !last.isEmpty { result.steps.add(.forgetApp, for: .build(app: app), after: last) }
    }

    /// Keeps an app down that an operator has stopped; whatever else differs waits for its start.
    func holdDown(_ stop: Stop) {
        _ = sweepTransients()
        let owned = containers.filter { !$0.labels.isTransient }
        for number in Set(owned.compactMap(\.labels.instance)).sorted() {
            let address = Address.instance(app: app, number: number)
            let up = owned.filter { $0.labels.instance == number && $0.isUp }
            note(
                address, .hold, .stopped, ["\(stop.by) at \(stop.at)"],
                up.isEmpty ? .none : .stop)
            for container in up { _ = stopContainer(container, at: address, after: []) }
        }
        if owned.isEmpty {
            note(.build(app: app), .hold, .stopped, ["\(stop.by) at \(stop.at)"], .none)
        }
    }

    func endInstance(_ number: Int, reason: Reason) {
        let address = Address.instance(app: app, number: number)
        note(address, .delete, reason, [], .delete)
        var last: [String] = []
        for container in containers where container.labels.instance == number {
            last = removeContainer(container, at: address, after: last)
        }
        for volume in volumes(of: number, but: nil) {
            last = removeVolume(volume, at: address, after: last)
        }
    }

    /// Removes what the instance leaves behind once the wanted release is up: the containers and
    /// the volumes of others.
    ///
    /// - Parameter isUntouched: no step of this plan sees the wanted release ready.
    func retire(
        _ instance: InstancePlan, after settled: [String], isUntouched: Bool
    ) {
        let volumes = volumes(of: instance.number, but: instance.target.release.number)
        guard !instance.old.isEmpty || !volumes.isEmpty else { return }
        if isUntouched {
            let names = instance.old.map(\.name) + volumes.map(\.name)
            note(instance.address, .delete, .leftover, names, .none)
        }
        var last = settled
        // It may have been interrupted before the new one was ready: the old one still serves.
        if isUntouched, let current = instance.current, !instance.old.isEmpty {
            last = result.steps.chain(
                [ready(current.reference, instance)], for: instance.address, after: last)
        }
        startAgain(instance)
        for container in instance.old {
            last = removeContainer(container, at: instance.address, after: last)
        }
        for volume in volumes { last = removeVolume(volume, at: instance.address, after: last) }
    }

    private func volumes(of number: Int, but release: Int?) -> [Volume] {
        volumesOnHost.compactMap { entry in
            guard case .run(_, let instance, let found) = entry.role, instance == number,
                found != release
            else { return nil }
            return entry.volume
        }
    }

    /// Stops a container that is up, once.
    func stopContainer(
        _ container: Container, at address: Address, after: [String]
    ) -> [String] {
        guard container.isUp, stopped.insert(container.id).inserted else { return after }
        return [result.steps.add(.stopContainer(container.reference), for: address, after: after)]
    }

    /// Removes a container, once.
    func removeContainer(
        _ container: Container, at address: Address, after: [String]
    ) -> [String] {
        // A candidate is swept, and may be of an instance that ends.
        if let removal = removals[container.id] { return after + [removal] }
        let down = stopContainer(container, at: address, after: after)
        let removal = result.steps.add(
            .removeContainer(container.reference), for: address, after: down)
        removals[container.id] = removal
        return [removal]
    }

    func removeVolume(
        _ volume: Volume, at address: Address, after: [String]
    ) -> [String] {
        let operations: [Operation] =
            (volume.isMounted ? [.unmountVolume(name: volume.name)] : [])
            + [.removeVolume(name: volume.name)]
        return result.steps.chain(operations, for: address, after: after)
    }
}
