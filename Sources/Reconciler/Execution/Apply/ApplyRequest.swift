package import Planning

/// What one apply is asked for.
package struct ApplyRequest: Sendable {
    /// All apps if none is named.
    package var apps: [String]
    package var purpose: PlanningInput.Purpose
    /// The plan that was approved before: nothing else is done.
    package var saved: PlanDocument?
    package var allowsDestroy: Bool
    package var parallelism: Int
    package var lockWaitSeconds: Int

    package init(
        apps: [String] = [], purpose: PlanningInput.Purpose = .apply, saved: PlanDocument? = nil,
        allowsDestroy: Bool = false, parallelism: Int = 8, lockWaitSeconds: Int = 0
    ) {
        let prunes = saved?.prunes ?? false
        self.apps = prunes ? [] : saved.map(Staleness.apps) ?? apps
        self.purpose = prunes ? .prune : purpose
        self.saved = saved
        self.allowsDestroy = allowsDestroy
        self.parallelism = parallelism
        self.lockWaitSeconds = lockWaitSeconds
    }

    /// In the journal's words.
    var operation: String {
        switch purpose {
        case .apply: "apply"
        case .restart: "restart"
        case .rollback: "rollback"
        case .unpin: "unpin"
        case .destroy: "destroy"
        case .prune, .pruneStorage: "prune"
        }
    }
}

/// Whether a plan may be carried out.
package enum Approval: Sendable {
    case refused
    /// This one, as it was shown.
    case thisPlan
    /// This one, or what it becomes until the locks are held.
    case anyPlan
}

/// How an apply ended.
package struct ApplyOutcome: Sendable {
    package var plan: Plan
    /// Nil if the plan was refused.
    package var execution: ExecutionResult?

    /// Everything that was asked for is so.
    package var isComplete: Bool {
        execution?.isComplete == true && !plan.hasUnknowns && !plan.lacksRoom
            && plan.refusals.isEmpty
    }
}

/// Why an apply did not begin: nothing was changed.
package enum ApplyError: Error, Equatable, CustomStringConvertible {
    case stale(moved: [String], isSaved: Bool)
    case consumed
    case needsAllowDestroy

    package var description: String {
        switch self {
        case .stale(let moved, let isSaved):
            "the \(isSaved ? "saved " : "")plan is stale: \(moved.joined(separator: ", ")) "
                + "moved; plan again"
        case .consumed: "this plan was applied already; plan again"
        case .needsAllowDestroy:
            "this plan would end every app, or more than half of them; say --allow-destroy if "
                + "that is meant"
        }
    }
}
