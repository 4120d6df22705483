import ArgumentParser
import Execution
import Planning
import Synchronization

/// The terminal's side of an apply: shows the plan, asks, shows progress and the outcome.
struct ApplySession {
    struct Options {
        /// The command was the approval.
        var yes: Bool
        var json: Bool
        var allowDestroy = false
        var parallelism = 8
        var lockWaitSeconds: Int
    }

    let installation: Installation
    let options: Options

    init(_ installation: Installation, _ options: Options) {
        self.installation = installation
        self.options = options
    }

    func run(
        apps: [String] = [], purpose: PlanningInput.Purpose = .apply, saved: PlanDocument? = nil
    ) async throws {
        let request = ApplyRequest(
            apps: apps, purpose: purpose, saved: saved, allowsDestroy: options.allowDestroy,
            parallelism: options.parallelism, lockWaitSeconds: options.lockWaitSeconds)
        if let saved, saved.steps.isEmpty { return try nothingToDo(saved) }
        let progress = Progress()
        let outcomes = Mutex<[ApplyDocument.Step]>([])
        let stop = StopRequest()
        let signals = StopSignals(stop)
        defer { withExtendedLifetime(signals) {} }
        let clock = ContinuousClock()
        var start = clock.now
        let outcome = try await installation.applier.apply(
            request, stop: stop,
            approve: { plan in
                show(plan)
                progress.fit(plan)
                let approval = try approve(plan, isSaved: saved != nil)
                start = clock.now
                return approval
            },
            replaced: { plan in
                show(plan)
                progress.fit(plan)
            },
            warn: { Output.chatter("modplan: warning: \($0)") },
            report: { event in
                progress.show(event)
                if let step = ApplyDocument.Step(event) { outcomes.withLock { $0.append(step) } }
            })
        try conclude(
            outcome, steps: outcomes.withLock { $0 },
            seconds: Double((clock.now - start) / .milliseconds(1)) / 1000)
    }

    // MARK: Before

    private func show(_ plan: Plan) {
        if !options.json { Output.result(plan.text) }
    }

    /// Asks where there is somebody to ask.
    private func approve(_ plan: Plan, isSaved: Bool) throws -> Approval {
        if plan.isEmpty || isSaved { return .thisPlan }
        // Nobody looks at the plan: the newest is as good.
        if options.yes { return .anyPlan }
        guard Output.isTerminal, !options.json else {
            throw UsageError("no terminal to ask at; say --yes, or apply a saved plan")
        }
        Output.chatter("Apply this plan? Only 'yes' does it.")
        return readLine() == "yes" ? .thisPlan : .refused
    }

    // MARK: After

    private func nothingToDo(_ saved: PlanDocument) throws {
        if options.json {
            try Output.json(ApplyDocument(plan: saved, steps: []))
        } else {
            Output.chatter("The saved plan holds no steps: nothing to do.")
        }
    }

    private func conclude(
        _ outcome: ApplyOutcome, steps: [ApplyDocument.Step], seconds: Double
    ) throws {
        guard let result = outcome.execution else {
            Output.chatter("Nothing was changed.")
            throw ExitCode(1)
        }
        if options.json {
            try Output.json(ApplyDocument(plan: PlanDocument(outcome.plan), steps: steps))
        } else if !outcome.plan.isEmpty {
            Output.result(
                result.isComplete
                    ? "Applied: \(result.done) step\(result.done == 1 ? "" : "s") "
                        + "in \(tenths(seconds)) s.\n"
                    : "Not applied whole: \(result.done) done, \(result.failed) failed, "
                        + "\(result.skipped + result.notStarted) not started.\n")
        }
        guard !outcome.isComplete else { return }
        for refusal in outcome.plan.refusals { Output.chatter("modplan: \(refusal)") }
        if outcome.plan.lacksRoom {
            Output.chatter("modplan: there is no room for all that is asked for; see the plan")
        } else if outcome.plan.hasUnknowns && result.isComplete {
            Output.chatter("modplan: something could not be observed, and was left alone")
        }
        throw ExitCode(1)
    }
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
