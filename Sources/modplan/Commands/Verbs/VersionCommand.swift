import ArgumentParser

struct VersionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version", abstract: "Print the version.")

    @Flag(help: "Print one JSON document.") var json = false

    func run() async throws {
        if json {
            try Output.json(["formatVersion": "1", "version": Modplan.version])
        } else {
            Output.result("modplan \(Modplan.version)\n")
        }
    }
}
