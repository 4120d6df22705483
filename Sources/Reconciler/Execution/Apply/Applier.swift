package import Desired
package import Planning
package import State

/// Plan, approve, lock, plan again, count notifications, execute: one pass.
///
/// What was approved is what runs: the plan is made anew under the locks, and one that differs means
/// that the world moved in between.
package struct Applier: Sendable {
    package let installation: String
    let definitions: any DefinitionSource
    let observer: any HostObserver
    let executor: StepExecutor
    let mail: any MailEffects
    package let store: StateStore
    package let locks: any Locks
    let policy: HostFile.Policy
    /// A simulation puts a defective one in its place.
    package var planner: @Sendable (PlanningInput) throws -> Plan = { try Planning.plan($0) }

    package init(
        installation: String, definitions: any DefinitionSource, observer: any HostObserver,
        executor: StepExecutor, mail: any MailEffects, store: StateStore, locks: any Locks,
        policy: HostFile.Policy = HostFile.Policy()
    ) {
        self.installation = installation
        self.definitions = definitions
        self.observer = observer
        self.executor = executor
        self.mail = mail
        self.store = store
        self.locks = locks
        self.policy = policy
    }

    /// The planner's input, read from git, the engine, the volumes and the state.
    ///
    /// To destroy, the definitions are not read, since they may be what is wrong.
    ///
    /// - Parameter holding: the locks that this very command has.
    package func input(
        apps: [String] = [], purpose: PlanningInput.Purpose = .apply, holding: Set<String> = []
    ) async throws -> PlanningInput {
        async let observed = observer.observe()
        let isDestroyed = if case .destroy = purpose { true } else { false }
        async let desired = isDestroyed ? [] : definitions.desired()
        let remembered = try store.states()
        let snapshot = await observed
        // Only now: see `livingTasks`.
        let tasks = try locks.held(prefix: Naming(installation: installation).taskPrefix)
        let busy = purpose == .prune ? try locks.held(prefix: "").subtracting(holding) : []
        return PlanningInput(
            installation: installation, desired: try await desired, observed: snapshot,
            states: remembered.apps, unreadable: remembered.unreadable,
            ledgers: remembered.ledgers, unsettled: try store.unsettled(),
            livingTasks: tasks, busy: busy, policy: policy,
            selection: apps.isEmpty ? nil : Set(apps), purpose: purpose)
    }

    /// - Parameters:
    ///   - approve: is asked once, with the plan that would be carried out.
    ///   - replaced: is told of another plan that took the approved one's place.
    ///   - warn: is told what went wrong beside the plan, and changes nothing of it.
    package func apply(
        _ request: ApplyRequest, stop: StopRequest = StopRequest(),
        approve: (Plan) async throws -> Approval, replaced: (Plan) -> Void = { _ in },
        warn: (String) -> Void = { _ in },
        report: @escaping @Sendable (ExecutionEvent) -> Void = { _ in }
    ) async throws -> ApplyOutcome {
        if let saved = request.saved { try requireUnused(saved) }
        let first = try await input(apps: request.apps, purpose: request.purpose)
        var plan = try planner(first)
        try requireFresh(plan, request)
        try requireAllowed(plan, request)
        let approval = try await approve(plan)
        if case .refused = approval { return ApplyOutcome(plan: plan) }

        var wanted = plan.locks
        if request.purpose != .prune {
            for app in appsWithMail(first) { wanted[app] = .exclusive }
        }
        var held = try await lock(wanted, request)
        defer { withExtendedLifetime(held.locks) {} }
        var input = first
        if !plan.isEmpty {
            input = try await self.input(
                apps: request.apps, purpose: request.purpose, holding: Set(wanted.keys))
            let fresh = try planner(input)
            if fresh.digest != plan.digest {
                try requireFresh(fresh, request)
                guard case .anyPlan = approval, fresh.locks.allSatisfy({ held.has($0, $1) }) else {
                    throw ApplyError.stale(
                        moved: Staleness.moved(PlanDocument(plan), to: PlanDocument(fresh)),
                        isSaved: false)
                }
                try requireAllowed(fresh, request)
                replaced(fresh)
            }
            // The same decision, with what the host has for it now: an image that was built anew of the
            // same has another id.
            plan = fresh
        }
        // What happened to an app is for those to count who act on it.
        if request.purpose != .prune {
            try await countMail(input, of: Set(held.modes.keys), warn: warn)
        }
        let ofSteps = StepLocks(held.ofSteps, until: plan)
        held.ofSteps = [:]
        // In the name of the plan that was approved, which is then known as applied.
        let execution = await execute(
            plan, named: request.saved?.digest ?? plan.digest, with: executor,
            parallelism: request.parallelism, stop: stop
        ) { event in
            ofSteps.follow(event)
            report(event)
        }
        return ApplyOutcome(plan: plan, execution: execution)
    }

    /// Records that an operator wants an app down, or no longer does.
    package func setStopped(_ app: String, _ stop: Stop?, waitSeconds: Int) async throws {
        let lock = try await locks.lock(
            app, operation: stop == nil ? "start" : "stop", waitSeconds: waitSeconds)
        defer { withExtendedLifetime(lock) {} }
        try store.update(app) { state in
            // A second stop leaves the first one's time.
            state.stopped = stop == nil ? nil : state.stopped ?? stop
        }
    }

    // MARK: Checks

    private func requireUnused(_ saved: PlanDocument) throws {
        let shared = saved.prunes ? [StateRecords.sharedJournal] : []
        for app in Staleness.apps(of: saved) + shared
        where try store.journal(of: app).contains(where: {
            $0.plan == saved.digest && $0.event != .plan
        }) {
            throw ApplyError.consumed
        }
    }

    private func requireFresh(_ plan: Plan, _ request: ApplyRequest) throws {
        guard let saved = request.saved else { return }
        let moved = Staleness.moved(saved, to: PlanDocument(plan))
        guard moved.isEmpty else { throw ApplyError.stale(moved: moved, isSaved: true) }
    }

    private func requireAllowed(_ plan: Plan, _ request: ApplyRequest) throws {
        guard !plan.needsAllowDestroy || request.allowsDestroy else {
            throw ApplyError.needsAllowDestroy
        }
    }

    // MARK: Locks

    private struct Held {
        var modes: [String: LockMode]
        /// Those of apps, for as long as the command lives.
        var locks: [any HeldLock] = []
        /// Those of what apps share, and every one of a command that only tidies up.
        var ofSteps: [String: any HeldLock] = [:]

        func has(_ name: String, _ mode: LockMode) -> Bool {
            modes[name].map { $0 >= mode } ?? false
        }
    }

    /// In the order of their names, so that two applies cannot wait for each other.
    private func lock(_ modes: [String: LockMode], _ request: ApplyRequest) async throws -> Held {
        let apps = modes.keys.filter { !$0.contains(".") && !$0.hasPrefix("_") }
        var held = Held(modes: modes)
        for (name, mode) in modes.sorted(by: { $0.key < $1.key }) {
            // No app need wait for another's build, nor be refused for what takes a moment.
            let isBrief = mode == .shared || name == SharedLocks.network
            let lock = try await locks.lock(
                name, mode, operation: request.operation,
                waitSeconds: max(request.lockWaitSeconds, isBrief ? StepLocks.waitSeconds : 0))
            if apps.contains(name) && request.purpose != .prune {
                held.locks.append(lock)
            } else {
                held.ofSteps[name] = lock
            }
        }
        return held
    }
}
