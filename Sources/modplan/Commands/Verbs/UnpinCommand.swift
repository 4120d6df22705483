import ArgumentParser
import Planning

struct UnpinCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unpin",
        abstract: "Let an app that was rolled back follow its definition again.")

    @OptionGroup var common: CommonOptions
    @OptionGroup var options: ExecutionOptions
    @Argument(help: "The app.", completion: .apps) var app: String

    func run() async throws {
        let installation = try Installation(common)
        try await ApplySession(installation, try options.session)
            .run(apps: [app], purpose: .unpin)
    }
}
