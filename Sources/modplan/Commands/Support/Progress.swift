import Execution
import Planning
import Synchronization

/// One line a step on standard error, with its time; a build's output as it comes.
final class Progress: Sendable {
    /// Of the column that says what a step is about.
    private let width = Mutex(0)

    /// Makes room for what the steps of a plan are about.
    func fit(_ plan: Plan) {
        let widest = plan.steps.map(\.subject.label.count).max() ?? 0
        width.withLock { $0 = max($0, widest) }
    }

    func show(_ event: ExecutionEvent) {
        switch event {
        case .started(let step):
            // Only what can take long is worth a line before it is done.
            switch step.operation {
            case .runBuild: line(step, "build …")
            case .awaitReady: line(step, "wait until ready …")
            default: break
            }
        case .output(let step, let text):
            Output.chatter("  \(padded(step))│ \(text)")
        case .finished(let step, let seconds):
            line(step, "\(words(step)) done", seconds)
        case .failed(let step, let message, let seconds):
            line(step, "\(words(step)) FAILED", seconds)
            Output.chatter("  \(message)")
        case .skipped(let step, let rootCause):
            line(step, "\(words(step)) skipped, after \(rootCause) failed")
        case .notStarted(let step):
            line(step, "\(words(step)) not started")
        }
    }

    private func words(_ step: Step) -> String {
        step.operation.kind.replacing("-", with: " ")
    }

    private func line(_ step: Step, _ text: String, _ seconds: Double? = nil) {
        let time = seconds.map { "  \(tenths($0)) s" } ?? ""
        Output.chatter("  \(padded(step))\(text)\(time)")
    }

    private func padded(_ step: Step) -> String {
        let label = step.subject.label
        let width = width.withLock { $0 }
        return label + String(repeating: " ", count: max(0, width - label.count) + 2)
    }
}
