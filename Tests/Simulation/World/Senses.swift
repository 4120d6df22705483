import Execution
import Observed
import Planning
import State

/// What modplan sees of the host: as it is, or as it was, or in parts.
struct SimulatedObserver: HostObserver {
    let world: World

    func observe() async -> Snapshot {
        do {
            return try await world.effect(.observation, "observe", mutates: false) { look() }
        } catch {
            return lies(
                Snapshot(engine: .unavailable("\(error)"), volumes: .unavailable("\(error)")))
        }
    }

    private func look() -> Snapshot {
        let now = world.host.snapshot
        world.past = (world.past + [now]).suffix(4)
        if !world.isConcurrent { world.unknown = [] }
        switch world.strikesNow {
        case .staleList:
            world.wasMisled = true
            return world.random.pick(world.past) ?? now
        case .partialList: return lies(partly(now))
        default: return lies(now)
        }
    }

    private func partly(_ now: Snapshot) -> Snapshot {
        var seen = now
        switch world.random.below(4) {
        case 0: seen.engine = .unavailable("no answer in 10 s")
        case 1: seen.volumes = .unavailable("no answer in 60 s")
        case 2:
            guard var engine = now.engine.value else { break }
            for index in engine.containers.indices where engine.containers[index].program != nil {
                engine.containers[index].program = .unavailable("no answer in 2 s")
                let id = engine.containers[index].id
                // Below an unmounted volume nothing is known anyway: it is mounted first.
                let volume = world.host.boxes[id].flatMap { world.host.disks[$0.volume] }
                if volume?.isMounted == true { world.unknown.insert(id) }
            }
            seen.engine = .read(engine)
        default:
            guard var volumes = now.volumes.value else { break }
            for index in volumes.indices where volumes[index].contents != nil {
                volumes[index].contents = .unavailable("permission denied")
            }
            seen.volumes = .read(volumes)
        }
        return seen
    }

    /// Planted bugs of a collector: unknown said as absent.
    private func lies(_ seen: Snapshot) -> Snapshot {
        var told = seen
        switch world.bug {
        case .engineDownIsEmpty where seen.engine.value == nil:
            told.engine = .read(
                Engine(containers: [], images: world.host.images, network: nil))
        case .volumesUnreadIsEmpty where seen.volumes.value == nil: told.volumes = .read([])
        case .programUnreadIsStopped:
            guard var engine = seen.engine.value else { break }
            for index in engine.containers.indices {
                if engine.containers[index].program?.failure != nil {
                    engine.containers[index].program = .read(Program(state: .stopped))
                }
            }
            told.engine = .read(engine)
        default: break
        }
        return told
    }
}

struct SimulatedGit: DefinitionSource {
    let world: World

    func desired() async throws -> [DesiredApp] {
        try await world.effect(.git, "definitions", mutates: false) {
            if world.bug == .definitionsCutShort, world.random.happens(oneIn: 4) {
                return Array(world.desired.dropLast())
            }
            return world.desired
        }
    }
}

/// Locks of one host: they die with the process.
struct SimulatedLocks: Locks {
    let world: World

    private final class Lock: HeldLock, @unchecked Sendable {
        let world: World
        let name: String
        /// What it adds to the holders.
        let share: Int

        init(_ world: World, _ name: String, _ share: Int) {
            (self.world, self.name, self.share) = (world, name, share)
            if share != 0 { world.held[name, default: 0] += share }
        }

        deinit {
            // A dead process's locks are gone with it.
            guard share != 0, let count = world.held[name] else { return }
            world.held[name] = count == share ? nil : count - share
        }
    }

    func lock(
        _ name: String, _ mode: LockMode, operation: String, waitSeconds: Int
    ) async throws -> any HeldLock {
        for _ in 0..<200 {
            await Task.yield()
            guard !world.isCrashed else { throw Crash() }
            if world.bug == .noLocks { return Lock(world, name, 0) }
            let holders = world.held[name] ?? 0
            switch mode {
            case .shared where world.bug == .sharedLocksNotTaken: return Lock(world, name, 0)
            case .shared where holders >= 0: return Lock(world, name, 1)
            case .exclusive where holders == 0: return Lock(world, name, -1)
            default: break
            }
            if waitSeconds == 0 { break }
        }
        throw LockedError(app: name, holder: "another")
    }

    func held(prefix: String) throws -> Set<String> {
        world.living.union(world.held.keys).filter { $0.hasPrefix(prefix) }
    }
}

/// The real records, watched: which steps are under way, and what they waited for.
struct WatchedRecords: RecordEffects {
    let world: World
    let records: StateRecords

    func intend(_ step: Step, plan: String) async throws {
        guard !world.isCrashed else { throw Crash() }
        if world.bug != .effectBeforeIntent { try await records.intend(step, plan: plan) }
        for id in step.after where !world.concluded.contains("\(plan) \(id)") {
            world.violate("\(step.id) starts before \(id) is done")
        }
        if world.bug != .effectBeforeIntent { world.active["\(plan) \(step.id)"] = step }
    }

    func conclude(_ step: Step, plan: String, failure: String?) async throws {
        guard !world.isCrashed else { throw Crash() }
        try await records.conclude(step, plan: plan, failure: failure)
        world.active["\(plan) \(step.id)"] = nil
        if failure == nil { world.concluded.insert("\(plan) \(step.id)") }
    }

    func record(_ release: Release, plan: String, of app: String) async throws {
        guard world.bug != .releaseNotRecorded else { return }
        try await records.record(release, plan: plan, of: app)
    }

    func recordApplied(_ definition: String, of app: String) async throws {
        try await records.recordApplied(definition, of: app)
    }

    func recordPin(_ pin: Pin?, of app: String) async throws {
        try await records.recordPin(pin, of: app)
    }

    func recordStorage(_ use: StorageUse, of app: String, instance: Int) async throws {
        guard world.bug != .storageNotRecorded else { return }
        let storage = world.host.naming.volume(.storage(app: app, instance: instance))
        // It may be written and its writer die at once, or not be written.
        if case .running(let release) = use {
            world.claims[storage, default: []].insert(release)
        }
        try await records.recordStorage(use, of: app, instance: instance)
        if case .running(let release) = use { world.claims[storage] = [release] }
    }

    func recordEnd(of app: String) async throws {
        if world.stopped.remove(app) != nil { world.maybeStopped.insert(app) }
        try await records.recordEnd(of: app)
    }

    func forget(_ app: String) async throws {
        // With the app goes what its operator wanted of it.
        if world.stopped.remove(app) != nil { world.maybeStopped.insert(app) }
        try await records.forget(app)
    }
}
