import ArgumentParser
import Planning

struct RollbackCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback", abstract: "Go back to an older release of an app.",
        discussion: """
            A plan like any other, without a build. The app is pinned to that release until its \
            definition or its source changes, or 'modplan unpin'.
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var options: ExecutionOptions
    @Argument(help: "The app.", completion: .apps) var app: String
    @Option(help: "The release; default: the one before the present one.") var to: Int?

    func run() async throws {
        let installation = try Installation(common)
        try await ApplySession(installation, try options.session)
            .run(apps: [app], purpose: .rollback(to: to))
    }
}
