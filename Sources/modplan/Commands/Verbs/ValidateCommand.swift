import ArgumentParser

struct ValidateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate", abstract: "Check every definition, and change nothing.")

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let installation = try Installation(common)
        let definitions = try await installation.readDefinitions()
        Output.result(
            "\(definitions.count) \(definitions.count == 1 ? "definition is" : "definitions are") valid.\n"
        )
    }
}
