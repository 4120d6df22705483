import ArgumentParser

struct StartCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "start", abstract: "Start apps that were stopped with 'modplan stop'.")

    @OptionGroup var common: CommonOptions
    @OptionGroup var options: LifecycleOptions
    @Argument(help: "The apps to start.", completion: .apps) var apps: [String]

    func run() async throws {
        try await options.carryOut(try Installation(common), apps, stopped: nil)
    }
}
