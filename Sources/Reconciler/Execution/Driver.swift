package import Planning
import Synchronization

/// What happens while a plan is executed, for whoever shows it.
package enum ExecutionEvent: Sendable {
    case started(Step)
    case output(Step, line: String)
    case finished(Step, seconds: Double)
    case failed(Step, message: String, seconds: Double)
    case skipped(Step, rootCause: String)
    case notStarted(Step)
}

/// How an execution ended.
package struct ExecutionResult: Sendable, Equatable {
    package var done = 0
    package var failed = 0
    package var skipped = 0
    package var notStarted = 0

    package var isComplete: Bool { failed + skipped + notStarted == 0 }
}

/// Asks a running execution to start nothing more. Safe to call from anywhere, more than once.
package final class StopRequest: Sendable {
    private let requested = Mutex(false)

    package init() {}

    package var isRequested: Bool { requested.withLock { $0 } }
    package func request() { requested.withLock { $0 = true } }
}

/// Runs a plan's steps, at most `parallelism` at once.
///
/// The only asynchronous part of execution: what may start is the schedule's to say.
///
/// - Parameter digest: the plan's name in the journal.
package func execute(
    _ plan: Plan, named digest: String, with executor: StepExecutor, parallelism: Int,
    stop: StopRequest, report: @escaping @Sendable (ExecutionEvent) -> Void
) async -> ExecutionResult {
    var schedule = Schedule(plan.steps)
    await executor.records.begin(plan, named: digest)
    await withTaskGroup(of: (String, String?).self) { group in
        while true {
            if stop.isRequested { schedule.stop() }
            for step in schedule.next(limit: parallelism) {
                report(.started(step))
                group.addTask {
                    let clock = ContinuousClock()
                    let start = clock.now
                    let failure = await attempt(step, plan: digest, executor, report)
                    let elapsed = start.duration(to: clock.now)
                    let seconds =
                        Double(elapsed.components.seconds)
                        + Double(elapsed.components.attoseconds) / 1e18
                    if let failure {
                        report(.failed(step, message: failure, seconds: seconds))
                    } else {
                        report(.finished(step, seconds: seconds))
                    }
                    return (step.id, failure)
                }
            }
            if schedule.isStuck {
                // Steps that wait for each other: a defect of the plan, told as one.
                for step in plan.steps where schedule.status[step.id] == .waiting {
                    report(.failed(step, message: "waits for itself; report this", seconds: 0))
                }
                return
            }
            guard !schedule.isOver, let (id, failure) = await group.next() else { return }
            schedule.finish(id, failure: failure)
        }
    }
    let leftOut = plan.steps.compactMap { step -> (step: Step, after: String?)? in
        switch schedule.status[step.id] {
        case .skipped(let rootCause): (step, rootCause)
        case .waiting, .notStarted: (step, nil)
        case .running, .done, .failed, .notNeeded, nil: nil
        }
    }
    await executor.records.end(plan, named: digest, leftOut: leftOut)
    return summarise(plan, schedule, report)
}

private func summarise(
    _ plan: Plan, _ schedule: Schedule, _ report: (ExecutionEvent) -> Void
) -> ExecutionResult {
    var result = ExecutionResult()
    for step in plan.steps {
        switch schedule.status[step.id] {
        case .done: result.done += 1
        case .notNeeded: break
        case .failed: result.failed += 1
        case .skipped(let rootCause):
            result.skipped += 1
            report(.skipped(step, rootCause: rootCause))
        case .waiting, .running, .notStarted, nil:
            result.notStarted += 1
            report(.notStarted(step))
        }
    }
    return result
}

/// Intent, effect, outcome.
///
/// - Returns: what went wrong; nil for success.
private func attempt(
    _ step: Step, plan: String, _ executor: StepExecutor,
    _ report: @escaping @Sendable (ExecutionEvent) -> Void
) async -> String? {
    do {
        try await executor.records.intend(step, plan: plan)
    } catch {
        return "the intent could not be recorded, so nothing was done: \(error)"
    }
    var failure: String?
    do {
        try await executor.run(step, plan: plan) { report(.output(step, line: $0)) }
    } catch {
        failure = "\(error)"
    }
    do {
        try await executor.records.conclude(step, plan: plan, failure: failure)
    } catch {
        return failure ?? "done, but its outcome could not be recorded: \(error)"
    }
    return failure
}
