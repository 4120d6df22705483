import ArgumentParser
import Collection
import Desired
import Planning
import State

struct WhyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "why", abstract: "Say why an app is as it is: commit, plan, steps, ends.")

    @OptionGroup var common: CommonOptions
    @Argument(help: "The app.", completion: .apps) var app: String
    @Flag(help: "Print one JSON document.") var json = false

    func run() async throws {
        let installation = try Installation(common)
        try await installation.requireKnown(app)
        let store = installation.store
        let document = WhyDocument(
            WhyInput(
                app: app, installation: installation.file.installation,
                state: try store.state(of: app), journal: try store.journal(of: app),
                sharedJournal: try store.journal(of: "_shared"), ledger: try store.ledger(of: app),
                observed: await installation.collector.collect(),
                lockedBy: try installation.heldLock(app)?.holder))
        for failure in document.unknown { Output.chatter("modplan: warning: \(failure)") }
        if json {
            try Output.json(document)
        } else {
            Output.result(document.text)
        }
    }
}

extension WhyDocument {
    var text: String {
        var text = "\(answer).\n"
        var rows: [[String]] = []
        if let release { rows.append(release.row("release")) }
        if let newest { rows.append(newest.row("newest")) }
        for instance in instances { rows.append([instance.name(of: app), instance.words]) }
        if let stopped { rows.append(["stopped", "by \(stopped.by) at \(stopped.at)"]) }
        if held { rows.append(["held", "over its budget of restarts"]) }
        if let pinned { rows.append(["pinned", "to release \(pinned)"]) }
        for event in uncounted { rows.append(["event", "\(event.words), not counted yet"]) }
        for event in counted { rows.append(["event", event.words]) }
        if !rows.isEmpty { text += "\n" + aligned(rows) }
        if let lastPlan { text += "\n" + lastPlan.text }
        return text
    }
}

extension WhyDocument.Release {
    fileprivate func row(_ title: String) -> [String] {
        let made = plan.map { ", made by plan \($0.prefix(7))" } ?? ""
        let when = at.map { " at \($0)" } ?? ""
        return [
            title,
            "\(number): commit \(commit.prefix(7)) '\(subject)', tree \(tree.prefix(7))\(made)\(when)",
        ]
    }
}

extension WhyDocument.Instance {
    fileprivate func name(of app: String) -> String { "\(app)/\(instance)" }

    fileprivate var words: String {
        var parts = ["release \(release.map(String.init) ?? "?")", "container \(container)"]
        if let containerSince { parts[1] += " since \(containerSince)" }
        if let finishedAt { parts[1] += " since \(finishedAt)" }
        if let exitStatus { parts[1] += ", exit status \(exitStatus)" }
        if let program { parts.append("program \(program)" + (since.map { " since \($0)" } ?? "")) }
        if let unknown { parts.append("program not known: \(unknown)") }
        return parts.joined(separator: ", ")
    }
}

extension WhyPlan {
    /// The steps only where something did not go as it should.
    fileprivate var text: String {
        let done = steps.count { $0.outcome == .done }
        let from = commit.map { " of commit \($0.prefix(7))" } ?? ""
        var text =
            "last plan \(plan.prefix(7))\(from): \(outcome.rawValue), \(done) of \(steps.count) steps "
            + "done, \(at) to \(until)\n"
        for change in changes ?? [] { text += "  \(change)\n" }
        guard outcome != .done else { return text }
        var rows: [[String]] = []
        for step in steps {
            let time = (step.until ?? step.at).map { " at \($0)" } ?? ""
            let after = step.after.map { ", after \($0) failed" } ?? ""
            rows.append(["  \(step.id)", "\(step.outcome.rawValue)\(time)\(after)"])
            for line in (step.message ?? "").split(separator: "\n") {
                rows.append(["", String(line)])
            }
        }
        return text + aligned(rows)
    }
}
