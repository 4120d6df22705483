import ArgumentParser
import Planning
import State

struct RestartCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restart",
        abstract: "Start the programs of apps anew, one instance after the other.",
        discussion: "What else differs from the definitions is applied with it.")

    @OptionGroup var common: CommonOptions
    @OptionGroup var options: LifecycleOptions
    @Argument(help: "The apps to restart.", completion: .apps) var apps: [String]

    func run() async throws {
        let installation = try Installation(common)
        for app in apps { try await installation.requireKnown(app) }
        for app in apps {
            guard try installation.store.state(of: app).stopped == nil else {
                throw UsageError("\(app) is stopped; 'modplan start \(app)' starts it")
            }
        }
        try await options.session(installation).run(apps: apps, purpose: .restart)
    }
}
