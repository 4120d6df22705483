import ArgumentParser

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Say what is missing on this host, and the command that mends it.",
        discussion: "Changes nothing. Exits with 1 if something needed is missing.")

    @OptionGroup var common: CommonOptions
    @Flag(help: "Print one JSON document.") var json = false

    func run() async throws {
        var checks = HostChecks().run()
        do {
            let installation = try Installation(common)
            checks.append(.ok("host file", installation.path))
            checks += await InstallationChecks(installation: installation).run()
        } catch {
            checks.append(
                .problem(
                    "host file", "\(error)",
                    mend: "correct it, or make one with 'modplan init FOLDER'"))
        }
        let document = DoctorDocument(checks)
        if json {
            try Output.json(document)
        } else {
            Output.result(document.text)
        }
        if !document.ok { throw ExitCode(1) }
    }
}
