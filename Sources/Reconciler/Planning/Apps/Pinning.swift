import Desired
import Observed

extension Target {
    /// The release that the app is rolled back to, now or since before; nil where the definitions
    /// decide.
    static func pinnedRelease(
        _ desired: DesiredApp, in world: World
    ) throws(PlanningError) -> Release? {
        let app = desired.definition.name
        let releases = world.state(of: app).releases
        let inForce = world.state(of: app).pin.flatMap { pin in
            pin.isAwayFrom(desired) ? releases.first { $0.number == pin.release } : nil
        }
        switch world.input.purpose {
        case .apply, .restart, .destroy, .prune, .pruneStorage: return inForce
        case .unpin: return nil
        case .rollback(let number, _):
            let present = inForce?.number ?? releases.last?.number ?? 0
            let wanted = number ?? releases.map(\.number).filter { $0 < present }.max()
            guard let release = releases.first(where: { $0.number == wanted }) else {
                throw .noSuchRelease(app: app, number: number, known: releases.map(\.number))
            }
            return release
        }
    }
}

extension Pin {
    /// What it was rolled away from has not moved.
    fileprivate func isAwayFrom(_ desired: DesiredApp) -> Bool {
        definition == desired.blob && tree == desired.source.tree
    }
}

extension AppPlanner {
    /// Records or ends a pin, and says what a pinned app would be without it.
    ///
    /// - Returns: the steps before anything else may happen, so that what an operator asked for
    ///   outlives a crash.
    func planPin(_ target: Target) throws(PlanningError) -> [String] {
        guard let desired else { return [] }
        let release = target.release
        let address = Address.build(app: app)
        let state = world.state(of: app)
        var pin = state.pin
        switch world.input.purpose {
        case .unpin: pin = nil
        case .rollback:
            pin = Pin(release: release.number, definition: desired.blob, tree: desired.source.tree)
        case .apply, .restart, .destroy, .prune, .pruneStorage: break
        }
        if release.number != target.headRelease.number {
            try requireKept(release)
            let head = target.headRelease.commit.prefix(7)
            note(
                address, .hold, .pinned, ["release \(release.number) (HEAD would deploy \(head))"],
                .none)
        }
        guard pin != state.pin else { return [] }
        if pin == nil { note(address, .update, .unpinned, [], .none) }
        return [result.steps.add(.recordPin(pin), for: address)]
    }

    /// An older release is made of its artifact: nothing is built for it.
    private func requireKept(_ release: Release) throws(PlanningError) {
        let isComplete = (0..<(desired?.definition.run.instances ?? 0)).allSatisfy {
            world.volume(.run(app: app, instance: $0, release: release.number)) != nil
        }
        guard isComplete || world.volume(.artifact(key: release.artifact)) != nil else {
            throw .releaseGone(app: app, number: release.number, what: "the artifact")
        }
    }
}
