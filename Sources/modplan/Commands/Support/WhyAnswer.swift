import Execution
import FoundationEssentials
import Observed
import Planning

extension WhyDocument {
    /// `web runs release 4 (9c1e07b) since …; its last apply failed at web/0:await-ready: …`
    func sentence(_ current: Container?, _ input: WhyInput) -> String {
        var parts = [state(current, input)]
        if let holder = input.lockedBy {
            parts.append("at work on it is \(clean(holder))")
        }
        if let pinned { parts.append("it is pinned to release \(pinned)") }
        if let plan = lastPlan, let step = plan.decisive {
            let why = step.message.map { ": \(gist($0))" }
            switch plan.outcome {
            case .failed: parts.append("its last apply failed at \(step.id)\(why ?? "")")
            case .interrupted: parts.append("its last apply was interrupted at \(step.id)")
            case .atWork, .done: break
            }
        }
        // Those of a release that never served are the failed apply's.
        let ofCurrent = uncounted.filter { $0.release == release?.number || release == nil }
        if let event = ofCurrent.first {
            let count = ofCurrent.count > 1 ? "the last of \(ofCurrent.count) events" : "an event"
            parts.append("\(count) not counted yet: \(event.words)")
        } else if let event = counted.first, isOfRelease(event) {
            parts.append("the last event: \(event.words)")
        }
        return parts.joined(separator: "; ")
    }

    /// A message's first line, without the announcement of those that follow.
    private func gist(_ message: String) -> String {
        let line = message.split(separator: "\n").first.map(String.init) ?? ""
        guard line.hasSuffix(":"), let end = line.lastIndex(of: ";") else { return line }
        return String(line[..<end])
    }

    private func state(_ current: Container?, _ input: WhyInput) -> String {
        guard input.observed.engine.value != nil else {
            return "what \(app) runs is not known: \(unknown.first ?? "")"
        }
        if let stopped {
            let isUp = instances.contains { $0.container == "running" }
            return "\(app) is to be down, as \(stopped.by) asked at \(stopped.at), until 'modplan "
                + "start \(app)'" + (isUp ? ", and still runs: 'modplan apply \(app)'" : "")
        }
        guard let current, let instance = Instance(current) else {
            guard let release else { return "\(app) was never deployed" }
            return "\(app) has no container: its last release is \(release.number) "
                + "(\(release.commit.prefix(7)))"
        }
        let commit = release.map { " (\($0.commit.prefix(7)))" } ?? ""
        let name = "release \(instance.release ?? 0)\(commit)"
        guard current.status == .running else {
            let end = instance.exitStatus.map { ", exit status \($0)" } ?? ""
            let when = instance.finishedAt.map { " since \($0)" } ?? ""
            return "\(app) does not run: the container of \(name) is \(instance.container)\(when)"
                + end
        }
        switch current.program?.value?.state {
        case .running?: return "\(app) runs \(name)\(instance.since.map { " since \($0)" } ?? "")"
        case .starting?: return "\(app) is starting \(name)"
        case let state?:
            return
                "\(app) does not run: the program of \(name) is \(printable(state.rawValue.utf8))"
        case nil: return "whether \(name) of \(app) runs is not known: \(instance.unknown ?? "")"
        }
    }

    /// An older one explains nothing of what runs now.
    private func isOfRelease(_ event: Event) -> Bool {
        guard let at = release?.at else { return true }
        return event.at.prefix(19) >= at.prefix(19)
    }
}

extension WhyDocument.Event {
    /// `crash of instance 0 at … (signal 9)`
    var words: String {
        var details: [String] = []
        if let exitStatus { details.append("exit status \(exitStatus)") }
        if let signal { details.append("signal \(signal)") }
        for (name, bytes) in [("limit", limitBytes), ("peak", peakBytes)] {
            if let bytes { details.append("\(name) \(sizeText(bytes))") }
        }
        let end = details.isEmpty ? "" : " (\(details.joined(separator: ", ")))"
        let place = release.map { " (release \($0))" } ?? ""
        return "\(kind) of instance \(instance)\(place) at \(at)\(end)"
    }
}

extension WhyDocument.Instance {
    init?(_ container: Container) {
        guard let number = container.labels.instance else { return nil }
        let isUp = container.status == .running
        let program = container.program?.value
        let started = program.flatMap { program in
            program.startedAt > 0 && [.running, .starting].contains(program.state)
                ? Date(timeIntervalSince1970: Double(program.startedAt)).formatted(.iso8601) : nil
        }
        self.init(
            instance: number, release: container.labels.release,
            container: clean(container.status.rawValue),
            containerSince: isUp ? container.startedAt : nil,
            exitStatus: container.status == .exited ? container.exitCode : nil,
            finishedAt: isUp ? nil : container.finishedAt,
            program: program.map { clean($0.state.rawValue) }, since: started,
            unknown: (container.program?.failure).map(clean))
    }
}
