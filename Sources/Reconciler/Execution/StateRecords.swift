import FoundationEssentials
package import Planning
package import State

/// Execution's memory in the state's files.
package struct StateRecords: RecordEffects {
    private let store: StateStore
    private let buildLogs: BuildLogs?
    /// The time, RFC 3339.
    private let now: @Sendable () -> String

    package init(
        store: StateStore, buildLogs: BuildLogs? = nil,
        now: @escaping @Sendable () -> String = { Date().formatted(.iso8601) }
    ) {
        self.store = store
        self.buildLogs = buildLogs
        self.now = now
    }

    package func begin(_ plan: Plan, named digest: String) async {
        let limit = JournalEntry.listLimit
        let commits = Dictionary(
            plan.basis.apps.map { ($0.app, $0.commit) }, uniquingKeysWith: { first, _ in first })
        for app in apps(of: plan.steps) {
            let changes = plan.changes.filter { $0.address.app == app }
            var words = changes.prefix(limit).map { String($0.words.prefix(300)) }
            if changes.count > limit { words.append("and \(changes.count - limit) more") }
            try? store.append(
                JournalEntry(
                    event: .plan, at: now(), plan: digest, step: "", kind: "plan",
                    commit: commits[app] ?? nil, changes: words), to: app)
        }
    }

    package func end(
        _ plan: Plan, named digest: String, leftOut: [(step: Step, after: String?)]
    ) async {
        for app in apps(of: leftOut.map(\.step)) {
            let own = leftOut.filter { $0.step.subject.app == app }
                .prefix(JournalEntry.listLimit)
            try? store.append(
                JournalEntry(
                    event: .leftOut, at: now(), plan: digest, step: "", kind: "plan",
                    leftOut: own.map { .init(step: $0.step.id, after: $0.after) }), to: app)
        }
    }

    /// Those whose journal tells of these steps, by name.
    private func apps(of steps: [Step]) -> [String] {
        Set(
            steps.compactMap { step in
                if case .task = step.subject { return nil }
                return step.subject.app
            }
        ).sorted()
    }

    package func intend(_ step: Step, plan: String) async throws {
        try append(.intent, step, plan, nil)
        guard case .instance(let app, let number) = step.subject else { return }
        switch step.operation {
        case .writeConfiguration, .updateProgram, .startProgram, .startContainer:
            try store.markUnsettled(app, instance: number)
        default: break
        }
    }

    package func conclude(_ step: Step, plan: String, failure: String?) async throws {
        try append(failure == nil ? .done : .failed, step, plan, failure)
        if failure == nil, case .awaitReady = step.operation,
            case .instance(let app, let number) = step.subject
        {
            try store.settle(app, instance: number)
        }
    }

    private func append(
        _ event: JournalEntry.Event, _ step: Step, _ plan: String, _ message: String?
    ) throws {
        try store.append(
            JournalEntry(
                event: event, at: now(), plan: plan, step: step.id,
                kind: step.operation.kind, message: message), to: journal(of: step.subject))
    }

    static let sharedJournal = "_shared"

    /// What apps share, and what holds no app's lock, goes to journals that no app can be named
    /// like.
    private func journal(of subject: Address) -> String {
        if case .task = subject { return "_tasks" }
        return subject.app ?? Self.sharedJournal
    }

    package func record(_ release: Release, plan: String, of app: String) async throws {
        var release = release
        release.plan = plan
        release.at = now()
        try store.update(app) { state in
            state.releases.removeAll { $0.number == release.number }
            state.releases.append(release)
            if state.pin?.tree != release.tree { state.pin = nil }
        }
    }

    package func recordApplied(_ definition: String, of app: String) async throws {
        try store.update(app) { state in
            state.applied = definition
            // What was rolled away from has moved.
            if state.pin?.definition != definition { state.pin = nil }
        }
    }

    package func recordPin(_ pin: Pin?, of app: String) async throws {
        try store.update(app) { $0.pin = pin }
    }

    package func recordStorage(
        _ use: StorageUse, of app: String, instance: Int
    ) async throws {
        let time = now()
        try store.update(app) { state in
            var records = state.storage ?? []
            records.note(use, of: instance, now: time)
            state.storage = records.isEmpty ? nil : records
        }
    }

    package func recordEnd(of app: String) async throws {
        try store.update(app) { state in
            state.applied = nil
            state.stopped = nil
            state.pin = nil
        }
    }

    package func forget(_ app: String) async throws {
        try buildLogs?.remove(app)
        try store.forget(app)
    }
}
