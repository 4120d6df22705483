import Planning
import State
import Synchronization

/// Locks that are given back as soon as the plan's last step that needs them is over: the network is
/// made in a moment, an artifact is copied in a few, and the builds of one app are no business of
/// another's.
final class StepLocks: Sendable {
    /// For what is held only for moments.
    static let waitSeconds = 10

    private struct Held: Sendable {
        var lock: any HeldLock
        var steps: Set<String>
    }

    private let held: Mutex<[String: Held]>

    init(_ locks: [String: any HeldLock], until plan: Plan) {
        var steps: [String: Set<String>] = [:]
        for step in plan.steps {
            for name in step.locks.keys { steps[name, default: []].insert(step.id) }
        }
        var found: [String: Held] = [:]
        for (name, lock) in locks {
            if let steps = steps[name] { found[name] = Held(lock: lock, steps: steps) }
        }
        held = Mutex(found)
    }

    func follow(_ event: ExecutionEvent) {
        switch event {
        case .finished(let step, _), .failed(let step, _, _):
            held.withLock { held in
                for name in step.locks.keys {
                    held[name]?.steps.remove(step.id)
                    if held[name]?.steps.isEmpty == true { held[name] = nil }
                }
            }
        case .started, .output, .skipped, .notStarted: break
        }
    }
}

extension Plan {
    /// The locks that its steps need, each in the stronger mode.
    var locks: [String: LockMode] {
        steps.reduce(into: [:]) { $0.merge($1.locks, uniquingKeysWith: max) }
    }
}

extension Step {
    /// What has to stay as it is, or is this step's alone, while it is done: its app, and what apps
    /// share. An app's name has neither a dot nor an underscore.
    var locks: [String: LockMode] {
        var locks: [String: LockMode] = [:]
        if let app = subject.app { locks[app] = .exclusive }
        switch operation {
        case .sealArtifact(_, let artifact): locks[artifact] = .exclusive
        // Until the release is recorded nothing else tells that its artifact is needed.
        case .recordRelease(_, let artifact): locks[artifact] = .shared
        case .snapshotVolume(let origin, _, _): locks[origin] = .shared
        case .createContainer, .runBuild: locks[SharedLocks.images] = .shared
        case .unmountVolume(let name), .removeVolume(let name):
            if case .artifact = subject { locks[name] = .exclusive }
        case .removeImage: locks[SharedLocks.images] = .exclusive
        case .createNetwork, .removeNetwork: locks[SharedLocks.network] = .exclusive
        default: break
        }
        return locks
    }
}
