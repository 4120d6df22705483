import Execution
import Planning

/// One line a step on standard error, with its time; a build's output as it comes.
struct Progress: Sendable {
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
            Output.chatter("  \(step.subject.label) │ \(text)")
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
        let label = step.subject.label
        let padding = String(repeating: " ", count: max(1, 18 - label.count))
        let time = seconds.map { "  \(tenths($0)) s" } ?? ""
        Output.chatter("  \(label)\(padding)\(text)\(time)")
    }
}
