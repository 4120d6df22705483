import State

/// The last plan that had steps for an app, as its journal tells it.
struct WhyPlan: Encodable, Equatable {
    enum Outcome: String, Encodable {
        case done
        case failed
        /// Its process ended in the middle, or was told to.
        case interrupted
        case atWork = "at-work"
    }

    struct Step: Encodable, Equatable {
        enum Outcome: String, Encodable {
            case done
            case failed
            case begun
            case skipped
            case notStarted = "not-started"
        }

        var id: String
        var outcome: Outcome
        /// When it began, RFC 3339; nil for one that never did.
        var at: String?
        var until: String?
        var message: String?
        /// The step whose failure left this one out.
        var after: String?
    }

    var plan: String
    var outcome: Outcome
    var at: String
    var until: String
    /// The commit that it was made from.
    var commit: String?
    /// In words; nil where an older modplan carried it out.
    var changes: [String]?
    var steps: [Step]

    /// Nil if the journal holds no plan.
    ///
    /// - Parameters:
    ///   - journal: the app's, oldest first.
    ///   - shared: of what all apps share: what fails there leaves out steps of the app.
    ///   - isAtWork: somebody holds the app's lock.
    init?(_ journal: [JournalEntry], shared: [JournalEntry], isAtWork: Bool) {
        guard let last = journal.last, let first = Self.start(of: last.plan, in: journal) else {
            return nil
        }
        let own = journal[first...]
        plan = last.plan
        at = clean(own.first?.at ?? last.at)
        until = clean(last.at)
        commit = own.first?.commit.map(clean)
        changes = own.first?.changes?.map(clean)
        steps = []
        var indices: [String: Int] = [:]
        for entry in own {
            switch entry.event {
            case .plan: continue
            case .intent:
                indices[entry.step] = steps.count
                steps.append(
                    Step(id: clean(entry.step), outcome: .begun, at: clean(entry.at)))
            case .done, .failed:
                guard let index = indices[entry.step] else { continue }
                steps[index].outcome = entry.event == .done ? .done : .failed
                steps[index].until = clean(entry.at)
                steps[index].message = entry.message.map(clean)
            case .leftOut:
                steps += (entry.leftOut ?? []).map { step in
                    Step(
                        id: clean(step.step), outcome: step.after == nil ? .notStarted : .skipped,
                        after: step.after.map(clean))
                }
            }
        }
        let failures = Self.failures(
            of: last.plan, in: shared, that: Set(steps.compactMap(\.after)))
        steps = failures + steps
        outcome =
            if steps.contains(where: { $0.outcome == .failed }) {
                .failed
            } else if steps.contains(where: { $0.outcome == .begun }) {
                isAtWork ? .atWork : .interrupted
            } else if steps.contains(where: { $0.outcome == .notStarted }) {
                .interrupted
            } else {
                .done
            }
    }

    /// Where its last execution starts: two may have one digest, if the first changed nothing.
    private static func start(of plan: String, in journal: [JournalEntry]) -> Int? {
        if let index = journal.lastIndex(where: { $0.event == .plan && $0.plan == plan }) {
            return index
        }
        let other = journal.lastIndex { $0.plan != plan }
        return other.map { $0 + 1 } ?? journal.indices.first
    }

    private static func failures(
        of plan: String, in shared: [JournalEntry], that leftOut: Set<String>
    ) -> [Step] {
        var found: [String: Step] = [:]
        for entry in shared where entry.plan == plan && leftOut.contains(entry.step) {
            guard entry.event == .failed else { continue }
            found[entry.step] = Step(
                id: clean(entry.step), outcome: .failed, until: clean(entry.at),
                message: entry.message.map(clean))
        }
        return found.values.sorted { $0.id < $1.id }
    }

    /// The step that answers for the outcome.
    var decisive: Step? {
        switch outcome {
        case .failed: steps.first { $0.outcome == .failed }
        case .interrupted, .atWork:
            steps.last { $0.outcome == .begun } ?? steps.first { $0.outcome == .notStarted }
        case .done: nil
        }
    }
}
