import Execution
import Planning
import State

/// What one schedule came to.
package struct Outcome: Sendable {
    package var seed: UInt64
    package var violations: [String]
    package var traceDigest: UInt64
    package var trace: [String]
    package var table: FaultTable
    package var effects: Int
    package var faults: Int
    package var apps: Int
    /// Passes without faults until the plan was empty.
    package var passes: Int
}

/// One schedule: some rounds in which definitions, host and luck change while modplan is at work,
/// then peace, in which everything has to become as the definitions ask.
package final class Simulation {
    private static let leastFaults = 2
    private static let leastEffects = 20
    private static let mostPasses = 5

    private let world: World
    private let executor: SeededExecutor
    private let seed: UInt64

    package static func run(
        seed: UInt64, bug: PlantedBug? = nil, keepsTrace: Bool = false
    ) -> Outcome {
        Simulation(seed: seed, bug: bug, keepsTrace: keepsTrace).run()
    }

    private init(seed: UInt64, bug: PlantedBug?, keepsTrace: Bool) {
        self.seed = seed
        world = World(seed: seed, bug: bug, keepsTrace: keepsTrace)
        executor = SeededExecutor(seed: seed ^ 0x5EED)
        world.stateFiles.world = world
        world.recordFiles.world = world
        world.host.disks["other.run.web.0.r1"] = .init(limitBytes: 1)
        world.host.disks["test.notes"] = .init(limitBytes: 1)
    }

    private func run() -> Outcome {
        var round = 0
        while round < 3 || (round < 40 && !isEventful) {
            round += 1
            world.edit()
            for _ in 0..<world.random.below(3) { world.disturb() }
            arm()
            if round > 3 { armTheFirst() }
            act()
            if !world.violations.isEmpty { return outcome(passes: 0) }
        }
        let apps = world.desired.count
        bringSomeDataBack()
        if !world.violations.isEmpty { return outcome(passes: 0) }
        let passes = comeToRest()
        var outcome = outcome(passes: passes)
        outcome.apps = apps
        return outcome
    }

    private var hits: Int { world.table.hits.values.flatMap(\.values).reduce(0, +) }

    private var isEventful: Bool {
        hits >= Self.leastFaults && world.effects >= Self.leastEffects
    }

    private func outcome(passes: Int) -> Outcome {
        Outcome(
            seed: seed, violations: world.violations, traceDigest: world.traceDigest,
            trace: world.trace, table: world.table, effects: world.effects, faults: hits,
            apps: world.desired.count, passes: passes)
    }

    // MARK: Trouble

    /// Draws where in the coming effects something goes wrong: early ones more often, since not
    /// every pass has many of a kind.
    private func arm() {
        world.faults = [:]
        for _ in 0..<(1 + world.random.below(4)) {
            guard let kind = world.random.pick(EffectKind.allCases) else { continue }
            // Bad news seldom comes alone: a plan is made twice.
            let isDoubled = kind == .observation && world.random.happens(oneIn: 2)
            let spread = [2, 6, 20][world.random.below(3)]
            let number = world.counts[kind, default: 0] + 1 + world.random.below(spread)
            let fault = world.random.pick(Fault.possible(at: kind))
            world.faults[kind, default: [:]][number] = fault
            if isDoubled { world.faults[kind, default: [:]][number + 1] = fault }
        }
        // Faults at effects that are rare among their kind, such as a removal.
        world.faultsAtVerbs = [:]
        if world.random.happens(oneIn: 2) {
            guard let kind = world.random.pick(EffectKind.allCases),
                let verb = world.random.pick(world.verbs[kind] ?? []),
                let fault = world.random.pick(Fault.possible(at: kind))
            else { return }
            world.faultsAtVerbs[kind] = [verb: fault]
        }
    }

    /// Some worlds stay quiet: the very next looks then fail.
    private func armTheFirst() {
        for kind in [EffectKind.git, .observation] {
            world.faults[kind, default: [:]][world.counts[kind, default: 0] + 1] = .failBefore
        }
    }

    /// What an operator does.
    private func act() {
        let app = world.random.pick(World.names) ?? "web"
        switch world.random.below(28) {
        case 0: pass(apps: [app], purpose: .restart)
        case 1: pass(apps: [app])
        case 2: setStopped(app, true)
        case 3: setStopped(app, false)
        case 4:
            let isWhole = world.random.happens(oneIn: 2)
            world.ending.insert(app)
            if isWhole { world.endingStorage.insert(app) }
            pass(apps: [app], purpose: .destroy(storage: isWhole))
            world.ending.remove(app)
            world.endingStorage.remove(app)
        case 5, 6, 7: together(app)
        case 8: rebuildStates()
        case 9, 10: applySaved()
        case 11, 12: pass(apps: [app], purpose: .rollback(to: nil))
        case 13: pass(apps: [app], purpose: .unpin)
        case 14: pass(purpose: .prune)
        case 15, 16: pruneBeside(app)
        case 17, 18, 19: bringDataBack(app)
        case 20:
            world.pruning.insert(app)
            pass(apps: [app], purpose: .pruneStorage)
            world.pruning.remove(app)
        default: pass()
        }
    }

    private func begin() {
        if world.isCrashed { world.stateFiles.crash() }
        world.isCrashed = false
        world.plans = [:]
        world.active = [:]
        world.held = [:]
        world.pruned = []
        world.wasMisled = false
        world.unknown = []
    }

    /// - Returns: it ended well, and was not misled.
    @discardableResult
    private func pass(apps: [String] = [], purpose: PlanningInput.Purpose = .apply) -> Bool {
        begin()
        let request = ApplyRequest(
            apps: apps, purpose: purpose, allowsDestroy: true,
            parallelism: 1 + world.random.below(8))
        let world = world
        world.note("pass \(apps) \(purpose)")
        let serving = world.servingOnStorage()
        let hits = hits
        let ended: Bool? = executor.run { await Self.apply(request, in: world) }
        if ended == nil { world.violate("a pass waits for ever") }
        if hits == self.hits && !world.wasMisled { world.requireServing(serving, after: purpose) }
        return ended == true && !world.wasMisled
    }

    /// Few worlds come to a release whose data can be brought back, and then mostly to trouble long
    /// before that happens: here trouble, if any, comes while it does.
    private func bringSomeDataBack() {
        guard !world.snapshots.isEmpty else { return }
        world.faults = [:]
        world.faultsAtVerbs = [:]
        for kind in [EffectKind.volume, .container, .state]
        where world.random.happens(oneIn: 3) {
            let number = world.counts[kind, default: 0] + 1 + world.random.below(8)
            world.faults[kind] = [number: world.random.pick(Fault.possible(at: kind)) ?? .hang]
        }
        bringDataBack("")
    }

    private func bringDataBack(_ app: String) {
        let kept = world.snapshots
        let (app, release) = world.random.pick(kept) ?? (app, nil)
        guard pass(apps: [app], purpose: .rollback(to: release, withData: true)) else { return }
        world.requireDataOfPin(app)
    }

    /// Two applies at once, of one app and of all.
    private func together(_ app: String) {
        begin()
        world.isConcurrent = true
        defer { world.isConcurrent = false }
        let world = world
        world.note("two passes at once")
        let requests = [
            ApplyRequest(allowsDestroy: true),
            ApplyRequest(apps: [app], allowsDestroy: true, lockWaitSeconds: 5),
        ]
        let ended: Bool? = executor.run {
            await withTaskGroup(of: Bool.self) { group in
                for request in requests {
                    group.addTask { await Self.apply(request, in: world) }
                }
                return await group.reduce(true) { $0 && $1 }
            }
        }
        if ended == nil { world.violate("two passes wait for each other") }
    }

    /// Somebody prunes while apps are applied, after a push or a build of images.
    private func pruneBeside(_ app: String) {
        begin()
        world.isConcurrent = true
        defer { world.isConcurrent = false }
        let world = world
        world.note("a prune beside a pass")
        let apps = world.random.happens(oneIn: 2) ? [app] : []
        let wait = world.random.happens(oneIn: 2) ? 5 : 0
        let delay = world.random.below(40)
        let isPush = world.random.happens(oneIn: 2)
        let ended: Bool? = executor.run {
            await withTaskGroup(of: Bool.self) { group in
                group.addTask {
                    await Self.apply(ApplyRequest(apps: apps, allowsDestroy: true), in: world)
                }
                group.addTask {
                    for _ in 0..<delay { await Task.yield() }
                    if isPush { world.push() } else { world.disturbImage() }
                    return await Self.apply(
                        ApplyRequest(purpose: .prune, lockWaitSeconds: wait), in: world)
                }
                return await group.reduce(true) { $0 && $1 }
            }
        }
        if ended == nil { world.violate("a prune and a pass wait for each other") }
    }

    private func setStopped(_ app: String, _ isStopped: Bool) {
        begin()
        let world = world
        world.note("\(isStopped ? "stop" : "start") \(app)")
        world.stopped.remove(app)
        world.maybeStopped.insert(app)
        let ended: Bool? = executor.run {
            do {
                try await world.applier.setStopped(
                    app, isStopped ? Stop(at: "t", by: "operator") : nil, waitSeconds: 0)
                return true
            } catch {
                return false
            }
        }
        guard ended == true else { return }
        world.maybeStopped.remove(app)
        if isStopped { world.stopped.insert(app) }
        pass(apps: [app])
    }

    private func rebuildStates() {
        begin()
        let world = world
        world.note("state rebuild")
        let ended: Bool? = executor.run {
            (try? await world.applier.rebuildStates(of: [], waitSeconds: 0)) != nil
        }
        if ended == nil { world.violate("a rebuild waits for ever") }
    }

    /// A plan is saved, the world moves or not, and what is applied is that plan or nothing; and
    /// never twice.
    private func applySaved() {
        begin()
        let world = world
        guard let plan = planned() else { return }
        let saved = PlanDocument(plan)
        if world.random.happens(oneIn: 2) { world.edit() }
        if world.random.happens(oneIn: 2) { world.disturb() }
        world.note("saved plan")
        guard !saved.steps.isEmpty else { return }
        for isFirst in [true, false] {
            let done: Int?? = executor.run {
                do {
                    let request = ApplyRequest(saved: saved, allowsDestroy: true)
                    let outcome = try await world.applier.apply(
                        request, approve: { _ in .thisPlan })
                    if PlanDocument(outcome.plan).steps != saved.steps {
                        world.violate("a saved plan became another")
                    }
                    return outcome.execution?.done
                } catch {
                    return nil
                }
            }
            // One that did nothing at all may be tried again.
            guard let done = done ?? nil, done > 0, !world.isCrashed else { return }
            if !isFirst { world.violate("a saved plan was applied twice") }
        }
    }

    private static func apply(_ request: ApplyRequest, in world: World) async -> Bool {
        do {
            let outcome = try await world.applier.apply(request, approve: { _ in .anyPlan })
            world.note("complete: \(outcome.isComplete)")
            return outcome.isComplete
        } catch {
            world.note("error: \(error)")
            return false
        }
    }

    // MARK: Peace

    /// - Returns: how many passes it took.
    private func comeToRest() -> Int {
        world.faults = [:]
        world.faultsAtVerbs = [:]
        // What does not get ready takes nobody's place, with no fault in sight.
        if world.hasBadReleases { pass() }
        guard world.violations.isEmpty else { return 0 }
        world.mend()
        world.note("peace")
        for number in 1...Self.mostPasses {
            pass()
            guard world.violations.isEmpty else { return number }
            guard let plan = planned(), plan.isEmpty, plan.drift.isEmpty, !world.hasMail,
                world.difference() == nil
            else { continue }
            requireStillness()
            requireMailCounted()
            return number
        }
        let text = planned()?.text ?? "no plan"
        world.violate(
            "not at rest after \(Self.mostPasses) passes: \(world.difference() ?? "")\n\(text)")
        return Self.mostPasses
    }

    private func planned() -> Plan? {
        let world = world
        begin()
        return executor.run { try? plan(await world.applier.input()) } ?? nil
    }

    /// The next apply changes nothing.
    private func requireStillness() {
        let before = world.mutations
        pass()
        if world.mutations != before { world.violate("an apply of an empty plan has effects") }
    }

    /// Every notification was counted once, unless it vanished, or what had counted it did.
    private func requireMailCounted() {
        guard !world.hasForgotten, !world.hasLostLedger else { return }
        var counted: [String: Int] = [:]
        for app in World.names {
            let ledger = try? world.store.ledger(of: app)
            for event in ledger?.events ?? [] { counted[event.file, default: 0] += 1 }
        }
        for (file, volume) in world.emitted.sorted(by: { $0.key < $1.key })
        where !world.lost.contains(file) && world.host.disks[volume]?.isMounted == true {
            let count = counted[file] ?? 0
            if count != 1 { world.violate("notification \(file) was counted \(count) times") }
        }
    }
}
