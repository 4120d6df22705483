package import ArgumentParser

/// The command line's root; each command is a file of its own in `Verbs/`.
package struct Modplan: AsyncParsableCommand {
    package static let version = "0.1.0"

    package static let configuration = CommandConfiguration(
        commandName: "modplan",
        abstract: "A plan before every change to your apps on Docker, and the truth after it.",
        version: version,
        subcommands: [
            InitCommand.self, ValidateCommand.self, PlanCommand.self, ShowCommand.self,
            ApplyCommand.self, DestroyCommand.self, RollbackCommand.self, UnpinCommand.self,
            RestartCommand.self, StopCommand.self,
            StartCommand.self, RunCommand.self, StatusCommand.self, LogsCommand.self,
            DoctorCommand.self,
            HistoryCommand.self, WhyCommand.self, PruneCommand.self, StateCommand.self,
            VolumesCommand.self, ImagesCommand.self, VersionCommand.self,
        ])

    package init() {}

    /// Parses and runs, and gives the exit code: 0 done, 1 error, 2 a plan with steps where that
    /// was asked for.
    package static func run(_ arguments: [String]) async -> Int32 {
        do {
            var command = try await Self.asyncParseAsRoot(arguments)
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            return 0
        } catch let code as ExitCode {
            return code.rawValue
        } catch {
            return report(error)
        }
    }

    private static func report(_ error: any Error) -> Int32 {
        let isHelp = exitCode(for: error) == .success
        let isUsage = exitCode(for: error) == .validationFailure
        if isHelp {
            Output.result(fullMessage(for: error) + "\n")
            return 0
        }
        Output.chatter(isUsage ? fullMessage(for: error) : "modplan: \(error)")
        return 1
    }
}
