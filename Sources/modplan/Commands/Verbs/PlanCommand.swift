import ArgumentParser
import Execution
import Planning

struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "Show what apply would do, and change nothing.")

    @OptionGroup var common: CommonOptions
    @Argument(help: "The apps to plan; all if none is named.", completion: .apps)
    var apps: [String] = []
    @Option(help: "Save the plan, for 'modplan apply FILE'.", completion: .file())
    var out: String?
    @Flag(help: "Print one JSON document.") var json = false
    @Flag(help: "Exit with 2 if the plan holds steps.") var detailedExitcode = false
    @Flag(help: "Show only what moved in the world, not what apply would do.")
    var refreshOnly = false

    func run() async throws {
        let installation = try Installation(common)
        var plan = try Planning.plan(try await installation.applier.input(apps: apps))
        if refreshOnly { plan = plan.driftOnly }
        if let out { try savePlan(plan, to: out) }
        try show(plan, json: json)
        // One app's error keeps no other app's plan.
        for refusal in plan.refusals { Output.chatter("modplan: \(refusal)") }
        if !plan.refusals.isEmpty { throw ExitCode(1) }
        if detailedExitcode && !plan.isEmpty { throw ExitCode(2) }
    }
}

/// Prints the same value either way.
func show(_ plan: Plan, json: Bool) throws {
    if json {
        try Output.json(PlanDocument(plan))
    } else {
        Output.result(plan.text)
    }
}
