import ArgumentParser
import Planning
import State

struct LogsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs", abstract: "Show what an app, or its last build, printed.")

    @OptionGroup var common: CommonOptions
    @Argument(help: "The app.", completion: .apps) var app: String
    @Flag(name: [.long, .short], help: "Go on with what it prints from now on, until Ctrl-C.")
    var follow = false
    @Option(
        help:
            "How many of the last lines of each instance, 0 to 100000; default: 100, of a build all."
    )
    var tail: Int?
    @Option(help: "Only this instance.") var instance: Int?
    @Flag(help: "What the app's last build printed.") var build = false
    @Flag(help: "Print one JSON document; with --follow, one object a line.") var json = false

    func validate() throws {
        if let tail, !(0...100_000).contains(tail) {
            throw ValidationError("--tail: \(tail) is not from 0 to 100000")
        }
        guard !build || (!follow && instance == nil) else {
            throw ValidationError("--build: goes with neither --follow nor --instance")
        }
    }

    func run() async throws {
        let installation = try Installation(common)
        try await installation.requireKnown(app)
        if build {
            try showBuild(installation)
        } else if follow {
            try await untilInterrupted { try await self.follow(installation) }
        } else {
            try await show(installation)
        }
    }

    // MARK: The app's own

    private var count: Int { tail ?? 100 }

    private func show(_ installation: Installation) async throws {
        let sources = try await sources(installation)
        let serving = await installation.servingSources(app, among: sources)
        var follower = LogFollower()
        var lines = try follower.start(serving, others: [], lines: count)
        lines += follower.rests(of: serving)
        let instances = serving.map { source in
            LogsDocument.Instance(
                instance: source.instance, release: source.release,
                lines: Array(lines.filter { $0.source == source }.map(\.text).suffix(count)))
        }
        try print(LogsDocument(app: app, kind: .app, instances: instances))
    }

    private func follow(_ installation: Installation) async throws {
        let first = try await sources(installation)
        let serving = await installation.servingSources(app, among: first)
        var follower = LogFollower()
        let others = first.filter { !serving.contains($0) }
        var lines = try follower.start(serving, others: others, lines: count)
        var isPrefixed = serving.count > 1
        while !Output.isAbandoned {
            for line in lines {
                if json {
                    try Output.jsonLine(LogsLine(app, line))
                } else {
                    let prefix = isPrefixed ? "\(app)/\(line.source.instance) │ " : ""
                    Output.result("\(prefix)\(line.text)\n")
                }
            }
            try await Task.sleep(for: .milliseconds(200))
            let sources = try await mounted(installation)
            if Set(sources.map(\.instance)).count > 1 { isPrefixed = true }
            lines = follower.next(sources)
        }
    }

    private func mounted(_ installation: Installation) async throws -> [LogSource] {
        try await installation.logSources(app).filter {
            instance == nil || $0.instance == instance
        }
    }

    private func sources(_ installation: Installation) async throws -> [LogSource] {
        let sources = try await mounted(installation)
        guard sources.isEmpty else { return sources }
        let all = try await installation.logSources(app)
        guard let instance, !all.isEmpty else {
            throw UsageError(
                "\(app): no volume of it is mounted, so there is no log; 'modplan apply \(app)' "
                    + "starts it, 'modplan logs \(app) --build' shows its last build")
        }
        let numbers = Set(all.map(\.instance)).sorted().map(String.init).joined(separator: ", ")
        throw UsageError("\(app): has no instance \(instance) that runs; there is \(numbers)")
    }

    // MARK: Its build

    private func showBuild(_ installation: Installation) throws {
        guard let lines = try installation.buildLogs.lines(of: app) else {
            throw UsageError("\(app): \(try whereBuilt(installation))")
        }
        // Why a build failed may stand anywhere in it.
        let shown = Array(lines.suffix(tail ?? lines.count))
        try print(
            LogsDocument(
                app: app, kind: .build,
                instances: [LogsDocument.Instance(instance: nil, release: nil, lines: shown)]))
    }

    /// Apps whose sources are the same share an artifact, which one of them built.
    private func whereBuilt(_ installation: Installation) throws -> String {
        let artifact = try installation.store.state(of: app).releases.last?.artifact
        for other in try installation.rememberedApps() where other != app && artifact != nil {
            guard let state = try? installation.store.state(of: other),
                state.releases.contains(where: { $0.artifact == artifact }),
                try installation.buildLogs.lines(of: other) != nil
            else { continue }
            return "was built as \(other), which has the same source; see 'modplan logs \(other) "
                + "--build'"
        }
        return "no build of it was kept; the next one is"
    }

    private func print(_ document: LogsDocument) throws {
        if json {
            try Output.json(document)
        } else {
            Output.result(document.text)
        }
    }
}

struct LogsDocument: Encodable {
    enum Kind: String, Encodable {
        case app, build
    }

    struct Instance: Encodable {
        /// Nil for a build.
        var instance: Int?
        var release: Int?
        /// Oldest first, without control characters.
        var lines: [String]
    }

    var formatVersion = 1
    var app: String
    var kind: Kind
    var instances: [Instance]

    var text: String {
        var text = ""
        for instance in instances {
            let number = instance.instance.map(String.init) ?? ""
            let prefix = instances.count > 1 ? "\(app)/\(number) │ " : ""
            for line in instance.lines { text += "\(prefix)\(line)\n" }
        }
        return text
    }
}

/// One line of `logs --follow --json`.
struct LogsLine: Encodable {
    var formatVersion = 1
    var app: String
    var instance: Int
    var release: Int
    var line: String

    init(_ app: String, _ line: LogFollower.Line) {
        self.app = app
        instance = line.source.instance
        release = line.source.release
        self.line = line.text
    }
}
