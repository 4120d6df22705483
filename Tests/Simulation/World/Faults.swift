/// What can go wrong at one effect.
package enum Fault: String, CaseIterable, Sendable {
    /// Nothing was done, and an error came back.
    case failBefore = "fail before"
    /// It was done, and its answer was lost.
    case failAfter = "fail after"
    /// No answer within the deadline; it was done or not.
    case hang
    case crashBefore = "crash before"
    case crashAfter = "crash after"
    /// The engine ends all containers, and comes back.
    case engineRestart = "engine restart"
    case diskFull = "disk full"
    case clockJump = "clock jump"
    /// Somebody changes something by hand right then.
    case handEdit = "hand edit"
    /// Of an observation: the world of some time ago.
    case staleList = "stale list"
    /// Of an observation: a part could not be read.
    case partialList = "partial list"
    /// A notification vanishes unread.
    case lostEvent = "lost event"
    /// A notification that was counted and removed is there once more.
    case doubledEvent = "doubled event"

    /// What can strike at an effect of a kind.
    static func possible(at kind: EffectKind) -> [Fault] {
        switch kind {
        case .observation: [.failBefore, .crashBefore, .staleList, .partialList, .handEdit]
        case .git: [.failBefore, .hang, .crashBefore, .handEdit]
        // A file of the host's own: no call that could be lost on its way.
        case .journal, .state: [.failBefore, .failAfter, .crashBefore, .crashAfter, .diskFull]
        default:
            [
                .failBefore, .failAfter, .hang, .crashBefore, .crashAfter, .engineRestart,
                .diskFull, .clockJump, .handEdit, .lostEvent, .doubledEvent,
            ]
        }
    }
}

/// What an effect touches, for the table of what was hit.
package enum EffectKind: String, CaseIterable, Sendable {
    case observation, git, network, volume, file, build, container, program, ready, journal, state
    case mail
}

/// How often each fault hit each kind of effect.
package struct FaultTable: Sendable {
    package private(set) var hits: [Fault: [EffectKind: Int]] = [:]

    package init() {}

    mutating func count(_ fault: Fault, _ kind: EffectKind) {
        hits[fault, default: [:]][kind, default: 0] += 1
    }

    package mutating func add(_ other: FaultTable) {
        for (fault, kinds) in other.hits {
            for (kind, count) in kinds { hits[fault, default: [:]][kind, default: 0] += count }
        }
    }
}

/// The process died: whatever it was about to do is not done.
struct Crash: Error {}

/// An error as an adapter throws it.
struct Refused: Error, CustomStringConvertible {
    var description: String
}
