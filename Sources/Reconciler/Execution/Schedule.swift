package import Planning

/// Which steps may start: a synchronous state machine over a plan's steps, so that a simulation
/// replays it exactly. It starts nothing itself.
package struct Schedule {
    package enum Status: Equatable, Sendable {
        case waiting
        case running
        case done
        case failed(String)
        /// A step that it depends on failed; the first one that did.
        case skipped(rootCause: String)
        /// It was for the failure of others, and they went well.
        case notNeeded
        /// A signal came before it started.
        case notStarted
    }

    package private(set) var status: [String: Status] = [:]
    private let steps: [Step]
    private let dependents: [String: [Int]]
    /// By step, those that are for its failure.
    private let remedies: [String: [Int]]
    private var missing: [Int]
    /// Indices of steps whose dependencies are done, in the plan's order.
    private var ready: [Int]
    /// Remedies of what has failed.
    private var needed: Set<Int> = []
    private var isStopping = false
    private var running = 0

    package init(_ steps: [Step]) {
        self.steps = steps
        var dependents: [String: [Int]] = [:]
        var remedies: [String: [Int]] = [:]
        for (index, step) in steps.enumerated() {
            status[step.id] = .waiting
            for id in step.after { dependents[id, default: []].append(index) }
            for id in step.remedyOf { remedies[id, default: []].append(index) }
        }
        self.dependents = dependents
        self.remedies = remedies
        // A remedy waits for the failure of one, too.
        missing = steps.map { $0.after.count + ($0.remedyOf.isEmpty ? 0 : 1) }
        ready = steps.indices.filter { steps[$0].after.isEmpty && steps[$0].remedyOf.isEmpty }
    }

    /// The steps to start now, so that at most `limit` run at once.
    package mutating func next(limit: Int) -> [Step] {
        guard !isStopping else { return [] }
        var started: [Step] = []
        while running < limit, !ready.isEmpty {
            let step = steps[ready.removeFirst()]
            status[step.id] = .running
            running += 1
            started.append(step)
        }
        return started
    }

    /// Takes a started step's outcome: nil for success, else what went wrong.
    package mutating func finish(_ id: String, failure: String?) {
        running -= 1
        if let failure {
            status[id] = .failed(failure)
            skipDependents(of: id, rootCause: id)
            return
        }
        status[id] = .done
        for index in dependents[id] ?? [] where status[steps[index].id] == .waiting {
            release(index)
        }
        decideRemedies(of: id)
    }

    /// One thing less to wait for.
    private mutating func release(_ index: Int) {
        missing[index] -= 1
        guard missing[index] == 0 else { return }
        let position = ready.firstIndex { $0 > index } ?? ready.endIndex
        ready.insert(index, at: position)
    }

    /// Once a step is over, so may be all that a remedy is for.
    private mutating func decideRemedies(of id: String) {
        for index in remedies[id] ?? [] where status[steps[index].id] == .waiting {
            let fates = steps[index].remedyOf.compactMap { status[$0] }
            guard fates.allSatisfy({ $0 != .waiting && $0 != .running }) else { continue }
            if fates.allSatisfy({ $0 == .done || $0 == .notNeeded }) {
                status[steps[index].id] = .notNeeded
            } else if needed.insert(index).inserted {
                release(index)
            }
        }
    }

    /// Starts nothing more; what runs is let finish.
    package mutating func stop() {
        isStopping = true
        for step in steps where status[step.id] == .waiting { status[step.id] = .notStarted }
    }

    /// Steps wait for each other, and nothing else is left.
    package var isStuck: Bool {
        running == 0 && ready.isEmpty && !isStopping && status.values.contains(.waiting)
    }

    /// Nothing runs and nothing more will start.
    package var isOver: Bool { running == 0 && (ready.isEmpty || isStopping) }

    private mutating func skipDependents(of id: String, rootCause: String) {
        var queue = [id]
        var over = [id]
        while let next = queue.popLast() {
            for index in dependents[next] ?? [] where status[steps[index].id] == .waiting {
                status[steps[index].id] = .skipped(rootCause: rootCause)
                queue.append(steps[index].id)
                over.append(steps[index].id)
            }
        }
        for id in over { decideRemedies(of: id) }
    }
}
