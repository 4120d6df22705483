import ArgumentParser
import Planning

struct ShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show a saved plan, and ask nothing of the host.",
        usage: "modplan show PLANFILE [--json]")

    // Not read: every command takes the same options.
    @OptionGroup var common: CommonOptions
    @Argument(help: "A file that 'modplan plan --out' wrote.", completion: .file())
    var planfile: String
    @Flag(help: "Print one JSON document.") var json = false

    func run() async throws {
        let plan = try loadPlan(planfile)
        if json {
            try Output.json(plan)
        } else {
            Output.result(plan.text)
        }
    }
}
