import ArgumentParser
import Planning

struct RollbackCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback", abstract: "Go back to an older release of an app.",
        discussion: """
            A plan like any other, without a build. The app is pinned to that release until its \
            definition or its source changes, or 'modplan unpin'. With --with-data its storage \
            becomes what that release left of it; the present one is kept aside, as the plan says.
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var options: ExecutionOptions
    @Argument(help: "The app.", completion: .apps) var app: String
    @Option(help: "The release; default: the one before the present one.") var to: Int?

    @Flag(help: "Bring back the data as that release left it, too.") var withData = false

    func run() async throws {
        let installation = try Installation(common)
        try await ApplySession(installation, try options.session)
            .run(apps: [app], purpose: .rollback(to: to, withData: withData))
    }
}
