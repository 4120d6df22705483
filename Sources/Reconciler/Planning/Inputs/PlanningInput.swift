package import Desired
package import Observed

/// All that a plan depends on. The planner reads nothing else: no clock, no files, no engine.
package struct PlanningInput: Sendable {
    package var installation: String
    /// Sorted by name or not: the plan is the same.
    package var desired: [DesiredApp]
    package var observed: Snapshot
    /// By app; an app without state was never applied, or its state was lost.
    package var states: [String: AppState]
    /// By app, why its state could not be read: nothing is done to such an app.
    package var unreadable: [String: String]
    package var ledgers: [String: Ledger]
    /// Instances that an apply changed and did not see ready: it failed, or was killed.
    package var unsettled: Set<Address>
    /// The names of tasks whose process lives. Asked for after the host was observed: a task takes
    /// its lock before it makes anything, so that one that was seen and has no lock is dead.
    package var livingTasks: Set<String>
    /// The locks that other commands hold. Asked for as `livingTasks` is, and only to prune: what
    /// they are at is left alone.
    package var busy: Set<String>
    /// How full storage may get.
    package var policy: HostFile.Policy
    /// The apps that the user named; nil plans all.
    package var selection: Set<String>?
    package var purpose: Purpose

    /// What the plan is wanted for.
    package enum Purpose: Sendable, Equatable {
        /// The host as the definitions say.
        case apply
        /// That, and every program of the selected apps started anew.
        case restart
        /// An older release of the selected apps: the one before the present one, if none is named.
        case rollback(to: Int?, withData: Bool = false)
        /// The host as the definitions say, whatever was rolled back before.
        case unpin
        /// The end of every selected app, whatever the definitions say. Its storage is kept as that
        /// of an app gone from git is, unless it is to end, too.
        case destroy(storage: Bool = false)
        /// The end of what nothing needs any more; storage is none of it.
        case prune
        /// The end of every storage of the selected apps that no instance is to have, and of
        /// nothing else.
        case pruneStorage
    }

    var destroys: Bool { if case .destroy = purpose { true } else { false } }

    /// So many of an app's newest releases keep their artifact and their image, so that a rollback
    /// builds nothing.
    package static let keptReleases = 5

    package init(
        installation: String, desired: [DesiredApp], observed: Snapshot,
        states: [String: AppState] = [:], unreadable: [String: String] = [:],
        ledgers: [String: Ledger] = [:], unsettled: Set<Address> = [],
        livingTasks: Set<String> = [], busy: Set<String> = [],
        policy: HostFile.Policy = HostFile.Policy(), selection: Set<String>? = nil,
        purpose: Purpose = .apply
    ) {
        self.installation = installation
        self.desired = desired
        self.observed = observed
        self.states = states
        self.unreadable = unreadable
        self.ledgers = ledgers
        self.unsettled = unsettled
        self.livingTasks = livingTasks
        self.busy = busy
        self.policy = policy
        self.selection = selection
        self.purpose = purpose
    }
}

/// A definition with its source resolved in git.
package struct DesiredApp: Sendable, Equatable {
    package var definition: AppDefinition
    /// The git object id of the definition's file.
    package var blob: String
    package var source: ResolvedSource

    package init(definition: AppDefinition, blob: String, source: ResolvedSource) {
        self.definition = definition
        self.blob = blob
        self.source = source
    }
}

package struct ResolvedSource: Sendable, Equatable {
    package var commit: String
    /// The object id of the tree at `source.path`.
    package var tree: String
    /// The commit message's first line.
    package var subject: String

    package init(commit: String, tree: String, subject: String) {
        self.commit = commit
        self.tree = tree
        self.subject = subject
    }
}
