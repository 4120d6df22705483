import Planning
import State
import Synchronization

/// The lock of what all apps share, given back as soon as the plan's last step on that is over: the
/// network is made in a moment, and the builds of one app are no business of another's.
final class SharedLock: Sendable {
    /// No app can be named so.
    static let name = "_shared"
    static let waitSeconds = 10

    private struct Held: Sendable {
        var lock: (any HeldLock)?
        var steps: Set<String>
    }

    private let held: Mutex<Held>

    init(_ lock: (any HeldLock)?, until plan: Plan) {
        let steps = Set(plan.steps.filter { $0.subject.app == nil }.map(\.id))
        held = Mutex(Held(lock: steps.isEmpty ? nil : lock, steps: steps))
    }

    func follow(_ event: ExecutionEvent) {
        switch event {
        case .finished(let step, _), .failed(let step, _, _):
            held.withLock { held in
                held.steps.remove(step.id)
                if held.steps.isEmpty { held.lock = nil }
            }
        case .started, .output, .skipped, .notStarted: break
        }
    }
}
