import ArgumentParser
import Execution
import Host
import Planning
import State
import Synchronization

/// Plan, show, approve, lock, plan again, execute.
///
/// What was approved is what runs: the plan is made anew under the locks, and a different digest
/// means that the world moved in between.
struct ApplySession {
    let installation: Installation
    let options: ExecutionOptions
    let apps: [String]
    let destroys: Bool

    init(
        _ installation: Installation, _ options: ExecutionOptions, apps: [String], destroys: Bool
    ) {
        self.installation = installation
        self.options = options
        self.apps = apps
        self.destroys = destroys
    }

    func run(saved: PlanDocument?) async throws {
        let first = try await installation.planningInput(apps: apps, destroys: destroys)
        var plan = try Planning.plan(first)
        if let saved { try requireSame(saved, plan) }
        if !options.json { Output.result(plan.text) }
        let isApproved = try approve(plan, isSaved: saved != nil)
        guard isApproved else {
            Output.chatter("Nothing was changed.")
            throw ExitCode(1)
        }
        let locks = try await lock(plan, first)
        defer { withExtendedLifetime(locks) {} }
        var input = first
        if !plan.isEmpty {
            input = try await installation.planningInput(apps: apps, destroys: destroys)
            let fresh = try Planning.plan(input)
            if fresh.digest != plan.digest {
                // With --yes nobody looked at the plan: the newest is as good, if it is locked.
                guard options.yes, saved == nil, locks.covers(fresh) else {
                    throw UsageError(
                        "the plan is stale, \(movement(PlanDocument(plan), fresh)); plan again")
                }
                plan = fresh
                try requireAllowed(plan)
                if !options.json { Output.result(plan.text) }
            }
        }
        try installation.consumeNotifications(input, of: locks.apps)
        try await execute(plan)
    }

    // MARK: Before

    private func requireSame(_ saved: PlanDocument, _ plan: Plan) throws {
        for app in saved.basis.apps
        where try installation.store.journal(of: app.app).contains(where: {
            $0.plan == saved.digest
        }) {
            throw UsageError("this plan was applied already; plan again")
        }
        guard saved.digest == plan.digest else {
            throw UsageError("the saved plan is stale, \(movement(saved, plan)); plan again")
        }
    }

    /// Asks where there is somebody to ask.
    private func approve(_ plan: Plan, isSaved: Bool) throws -> Bool {
        if plan.isEmpty { return true }
        try requireAllowed(plan)
        if options.yes || isSaved { return true }
        guard Output.isTerminal, !options.json else {
            throw UsageError("no terminal to ask at; say --yes, or apply a saved plan")
        }
        Output.chatter("Apply this plan? Only 'yes' does it.")
        return readLine() == "yes"
    }

    private func requireAllowed(_ plan: Plan) throws {
        guard !plan.needsAllowDestroy || options.allowDestroy else {
            throw UsageError(
                "this plan would end every app, or more than half of them; "
                    + "say --allow-destroy if that is meant")
        }
    }

    private struct HeldLocks {
        var apps: Set<String>
        var locks: [FileLock]

        func covers(_ plan: Plan) -> Bool { lockNames(plan).isSubset(of: apps) }
    }

    /// One lock for each thing that will be touched, in the order of the names so that two applies cannot
    /// wait for each other.
    private func lock(_ plan: Plan, _ input: PlanningInput) async throws -> HeldLocks {
        let touched = lockNames(plan).union(installation.appsWithNotifications(input))
        var held = HeldLocks(apps: touched, locks: [])
        for app in touched.sorted() {
            held.locks.append(
                try await installation.store.lock(
                    app, operation: destroys ? "destroy" : "apply",
                    waitSeconds: options.lockSeconds()))
        }
        return held
    }

    // MARK: Execution

    private func execute(_ plan: Plan) async throws {
        let progress = Progress()
        let outcomes = Mutex<[ApplyDocument.Step]>([])
        let stop = StopRequest()
        let signals = plan.isEmpty ? nil : StopSignals(stop)
        let clock = ContinuousClock()
        let start = clock.now
        let result = await Execution.execute(
            plan, with: installation.executor(), parallelism: options.parallelism, stop: stop
        ) { event in
            progress.show(event)
            if let step = ApplyDocument.Step(event) { outcomes.withLock { $0.append(step) } }
        }
        withExtendedLifetime(signals) {}
        let seconds = Double((clock.now - start) / .milliseconds(1)) / 1000
        if options.json {
            try Output.json(
                ApplyDocument(plan: PlanDocument(plan), steps: outcomes.withLock { $0 }))
        } else if !plan.isEmpty {
            Output.result(
                result.isComplete
                    ? "Applied: \(result.done) steps in \(tenths(seconds)) s.\n"
                    : "Not applied whole: \(result.done) done, \(result.failed) failed, "
                        + "\(result.skipped + result.notStarted) not started.\n")
        }
        guard result.isComplete else { throw ExitCode(1) }
        guard !plan.hasUnknowns else {
            Output.chatter("modplan: something could not be observed, and was left alone")
            throw ExitCode(1)
        }
    }
}

/// What a plan touches: its apps, the artifacts that it builds, and what all apps share. An app's
/// name has neither a dot nor an underscore.
private func lockNames(_ plan: Plan) -> Set<String> {
    Set(
        plan.steps.flatMap { step -> [String] in
            let owner = step.subject.app ?? "_shared"
            guard case .sealArtifact(_, let artifact) = step.operation else { return [owner] }
            return [owner, artifact]
        })
}

/// What `apply --json` prints.
struct ApplyDocument: Encodable {
    struct Step: Encodable {
        var id: String
        var status: String
        var seconds: Double?
        var message: String?

        /// Nil for what is not the end of a step.
        init?(_ event: ExecutionEvent) {
            switch event {
            case .started, .output: return nil
            case .finished(let step, let time): (id, status, seconds) = (step.id, "done", time)
            case .failed(let step, let text, let time):
                (id, status, seconds, message) = (step.id, "failed", time, text)
            case .skipped(let step, let rootCause):
                (id, status, message) = (step.id, "skipped", "after \(rootCause) failed")
            case .notStarted(let step): (id, status) = (step.id, "not-started")
            }
        }
    }

    var formatVersion = 1
    var plan: PlanDocument
    var steps: [Step]
}

/// What moved between a plan and a newer one, resource by resource.
private func movement(_ old: PlanDocument, _ plan: Plan) -> String {
    let new = PlanDocument(plan)
    var moved: [String] = []
    let oldApps = Dictionary(old.basis.apps.map { ($0.app, $0) }, uniquingKeysWith: { $1 })
    let newApps = Dictionary(new.basis.apps.map { ($0.app, $0) }, uniquingKeysWith: { $1 })
    for app in Set(oldApps.keys).union(newApps.keys).sorted() {
        let (before, after) = (oldApps[app], newApps[app])
        if before?.definition != after?.definition { moved.append("the definition of \(app)") }
        if before?.tree != after?.tree { moved.append("the source of \(app)") }
        if before?.serial != after?.serial { moved.append("the state of \(app)") }
    }
    func steps(_ document: PlanDocument) -> [String: [String]] {
        Dictionary(grouping: document.steps, by: \.subject).mapValues { $0.map(\.id) }
    }
    let (before, after) = (steps(old), steps(new))
    for subject in Set(before.keys).union(after.keys).sorted()
    where before[subject] != after[subject] {
        moved.append(subject)
    }
    return moved.isEmpty ? "what it read has moved" : "moved: \(moved.joined(separator: ", "))"
}
