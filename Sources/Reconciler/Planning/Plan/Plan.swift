/// What will be done and why: a value, shown, saved, approved and executed.
package struct Plan: Sendable, Equatable {
    package var basis: Basis
    package var changes: [Change]
    package var drift: [Drift]
    package var steps: [Step]
    /// Apps with no change and no drift, by name.
    package var inSync: [String]
    /// It would end every app, or most of them: apply wants to be told so.
    package var needsAllowDestroy: Bool
    /// What is to be said of the host beside what is done; no part of the digest.
    package var warnings: [String] = []

    package var isEmpty: Bool { steps.isEmpty }
}

/// What the plan was made from.
package struct Basis: Sendable, Equatable {
    package struct App: Sendable, Equatable {
        package var app: String
        /// Nil for an app that is gone from git.
        package var definition: String?
        package var commit: String?
        package var tree: String?
        /// The series of serials that `serial` is of; nil before the first.
        package var epoch: String?
        package var serial: Int
        /// What was observed and decided on; empty where no step came of it.
        package var resources: [Resource]
    }

    /// One thing of the host, by what of it the plan depends on.
    package struct Resource: Sendable, Equatable {
        /// `container/…`, `volume/…`, `image/…`, `port/…` or `network`.
        package var name: String
        /// 16 hexadecimal digits. No value of an environment goes into it: it could be guessed.
        package var fingerprint: String
    }

    package var installation: String
    package var apps: [App]
    /// Only the apps that the user named were looked at.
    package var isPartial: Bool
    /// It removes what nothing needs, and makes nothing as the definitions ask.
    package var prunes = false
}

extension Plan {
    /// What the world moved, and nothing that would be done about it.
    package var driftOnly: Plan {
        var plan = self
        plan.changes = []
        plan.steps = []
        return plan
    }

    /// Something could not be observed: no statement about it is made.
    package var hasUnknowns: Bool { drift.contains { $0.kind == .unobservable } }

    /// Why apps could not be planned, one message an app.
    package var refusals: [String] {
        changes.filter { $0.reason == .refused }.flatMap(\.fields)
    }

    /// Something that is asked for has no room, and was left as it is.
    package var lacksRoom: Bool { changes.contains { $0.reason == .noRoom } }
}
