import ArgumentParser
import Execution
import Planning

struct StateRebuild: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rebuild", abstract: "Recover what is remembered of the apps.",
        discussion: """
            From the records beside the volumes, else from the state files, else from the engine's \
            labels and git. Nothing on the host changes. A file that cannot be read is kept under \
            another name. Plans that were saved before are stale afterwards.
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var locking: LockOptions
    @Argument(help: "The apps; all if none is named.", completion: .apps) var apps: [String] = []
    @Flag(help: "Print one JSON document.") var json = false

    func run() async throws {
        let installation = try Installation(common)
        let recovered = try await installation.applier.rebuildStates(
            of: apps, waitSeconds: try locking.seconds())
        let document = RebuildDocument(recovered)
        if json {
            try Output.json(document)
        } else {
            Output.result(document.text)
        }
    }
}

struct RebuildDocument: Encodable {
    struct App: Encodable {
        var app: String
        /// `record`, `state`, `host` or `nothing`.
        var source: String
        /// The numbers of its releases, oldest first.
        var releases: [Int]
        var stopped: Bool
        /// Files that could not be read, under the names that they have now.
        var aside: [String]
    }

    var formatVersion = 1
    var apps: [App]

    init(_ recovered: [RecoveredApp]) {
        apps = recovered.map {
            App(
                app: $0.app, source: $0.source.rawValue,
                releases: $0.state?.releases.map(\.number) ?? [],
                stopped: $0.state?.stopped != nil, aside: $0.aside)
        }
    }

    var text: String {
        guard !apps.isEmpty else { return "Nothing is known of any app.\n" }
        let rows = apps.map { app in
            [
                app.app, app.source,
                app.releases.isEmpty ? "-" : app.releases.map(String.init).joined(separator: " "),
                app.stopped ? "stopped" : "-",
            ]
        }
        let aside = apps.flatMap(\.aside).map { "kept aside: \($0)\n" }.joined()
        return aligned([["APP", "FROM", "RELEASES", "OPERATOR"]] + rows) + aside
    }
}
