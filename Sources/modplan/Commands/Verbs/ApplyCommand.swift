import ArgumentParser
import Execution
import Planning

/// Options of the commands that execute any plan.
struct ExecutionOptions: ParsableArguments {
    @Flag(name: [.long, .short], help: "Do not ask.") var yes = false
    @Flag(help: "Print one JSON document.") var json = false
    @Flag(help: "Let a plan end every app, or most of them; with destroy, storage too.")
    var allowDestroy = false
    @Option(help: "Steps that may run at once, 1 to 64.") var parallelism = 8
    @OptionGroup var locking: LockOptions

    var session: ApplySession.Options {
        get throws {
            ApplySession.Options(
                yes: yes, json: json, allowDestroy: allowDestroy, parallelism: parallelism,
                lockWaitSeconds: try locking.seconds())
        }
    }

    func validate() throws {
        guard (1...64).contains(parallelism) else {
            throw ValidationError("--parallelism: \(parallelism) is not from 1 to 64")
        }
    }
}

/// Of every command that takes locks.
struct LockOptions: ParsableArguments {
    @Option(help: "Wait so long for a lock that another holds, for example 30s.")
    var lockTimeout = "0s"

    func validate() throws { _ = try seconds() }

    func seconds() throws -> Int {
        guard let last = lockTimeout.last, let factor = ["s": 1, "m": 60][String(last)],
            let count = Int(lockTimeout.dropLast()), (0...3600).contains(count)
        else {
            throw ValidationError("--lock-timeout: '\(lockTimeout)' is not a duration (30s, 5m)")
        }
        return count * factor
    }
}

struct ApplyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply", abstract: "Make the host what the definitions say.",
        usage: "modplan apply [PLANFILE | APP …] [--yes] [--json] [--allow-destroy]")

    @OptionGroup var common: CommonOptions
    @OptionGroup var options: ExecutionOptions
    @Argument(
        help: "A saved plan, or the apps to apply; all if none is named.", completion: .apps)
    var subjects: [String] = []

    func run() async throws {
        let installation = try Installation(common)
        if let file = planFile {
            try await ApplySession(installation, try options.session).run(saved: try loadPlan(file))
        } else {
            try await ApplySession(installation, try options.session).run(apps: subjects)
        }
    }

    /// An app's name has neither a dot nor a slash, so that a file's can be told from it.
    private var planFile: String? {
        guard subjects.count == 1, let only = subjects.first else { return nil }
        return only.contains(".") || only.contains("/") ? only : nil
    }
}

struct DestroyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "destroy",
        abstract: "End apps: their containers, volumes and, with all apps, what they share.",
        discussion: """
            The storage of an app is kept, as that of an app which is gone from git, unless \
            --allow-destroy is given: the plan shows its size and age before it asks.
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var options: ExecutionOptions
    @Argument(help: "The apps to end; all if none is named.", completion: .apps)
    var apps: [String] = []

    func run() async throws {
        try await ApplySession(try Installation(common), try options.session)
            .run(apps: apps, purpose: .destroy(storage: options.allowDestroy))
    }
}
