import ArgumentParser
import Desired
import Host
import Planning
import State

struct StateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "state",
        abstract: "Look at what modplan remembers of the apps, or recover it.",
        subcommands: [
            StateList.self, StateShow.self, StateRebuild.self, StateUnlock.self,
        ])
}

struct StateList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the apps with state, and the locks that are held.")

    @OptionGroup var common: CommonOptions
    @Flag(help: "Print one JSON document.") var json = false

    func run() async throws {
        let installation = try Installation(common)
        let document = try StateListDocument(installation)
        if json {
            try Output.json(document)
        } else {
            Output.result(document.text)
        }
        // Listed all the same, with the reason in its place.
        if document.apps.contains(where: { $0.unreadable != nil }) { throw ExitCode(1) }
    }
}

struct StateListDocument: Encodable {
    struct App: Encodable {
        var app: String
        var serial: Int?
        /// The git object id of the definition that was last applied whole.
        var applied: String?
        /// The numbers of its releases, oldest first.
        var releases: [Int]
        var lock: LockStatus?
        /// Why the state file says nothing.
        var unreadable: String?
    }

    var formatVersion = 1
    var apps: [App]
    /// Held, and of no app with state.
    var locks: [LockStatus]

    init(_ installation: Installation) throws {
        let held = try installation.heldLocks()
        apps = try installation.rememberedApps().map { name in
            let lock = held.first { $0.name == name }
            do {
                let state = try installation.store.state(of: name)
                return App(
                    app: name, serial: state.serial, applied: state.applied,
                    releases: state.releases.map(\.number), lock: lock)
            } catch {
                return App(app: name, releases: [], lock: lock, unreadable: "\(error)")
            }
        }
        let names = Set(apps.map(\.app))
        locks = held.filter { !names.contains($0.name) }
    }

    var text: String {
        var rows = [["APP", "SERIAL", "APPLIED", "RELEASES", "LOCK"]]
        for app in apps {
            rows.append([
                app.app, app.serial.map(String.init) ?? "-",
                app.applied.map { String($0.prefix(7)) } ?? "-",
                app.releases.isEmpty ? "-" : app.releases.map(String.init).joined(separator: " "),
                app.lock?.holder ?? "-",
            ])
        }
        var notes = apps.isEmpty ? "no app has state yet\n" : aligned(rows)
        for app in apps {
            if let unreadable = app.unreadable { notes += "! \(app.app)  \(unreadable)\n" }
        }
        for lock in locks { notes += "  \(lock.name) is locked by \(lock.holder)\n" }
        return notes
    }
}

struct StateShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show what is remembered of an app, as JSON.")

    @OptionGroup var common: CommonOptions
    @Argument(help: "The app.", completion: .apps) var app: String
    @Flag(help: "Print one JSON document, as without.") var json = false

    private struct Document: Encodable {
        var formatVersion = 1
        var installation: String
        var state: AppState
    }

    func run() async throws {
        let installation = try Installation(common)
        guard try installation.rememberedApps().contains(app) else {
            throw UsageError(
                "\(printable(app)): nothing is remembered of it; 'modplan state list' lists the apps "
                    + "that have state")
        }
        let state = try installation.store.state(of: app)
        try Output.json(
            Document(installation: installation.file.installation, state: state))
    }
}

struct StateUnlock: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unlock", abstract: "Say who holds an app's lock, and how it is freed.",
        discussion: """
            A lock dies with the process that holds it, so that none is ever left over. This \
            command breaks no lock of a living process: two commands at work on one app would \
            undo each other.
            """)

    @OptionGroup var common: CommonOptions
    @Argument(help: "The app.", completion: .apps) var app: String
    @Flag(help: "Print one JSON document.") var json = false

    func run() async throws {
        let installation = try Installation(common)
        guard !app.contains("/"), !app.isEmpty else { throw PlanningError.unknownApps([app]) }
        let lock = try installation.heldLock(app)
        // Artifacts and what apps share have locks too, and are no apps.
        if lock == nil, !app.hasPrefix("_") { try await installation.requireKnown(app) }
        let document = UnlockDocument(app: app, lock: lock)
        if json {
            try Output.json(document)
        } else {
            Output.result(document.text)
        }
        if lock != nil { throw ExitCode(1) }
    }
}

struct UnlockDocument: Encodable {
    var formatVersion = 1
    var app: String
    /// Nil: nobody holds it.
    var lock: LockStatus?

    var text: String {
        guard let lock else { return "\(app) is not locked.\n" }
        var text = "\(app) is locked by \(lock.holder).\n"
        guard let pid = lock.pid else { return text }
        if isAlive(pid) {
            text +=
                "The lock is freed when that process ends. Wait for it, or end it: 'kill \(pid)' "
                + "finishes the steps under way,\na second one stops at once; the next apply "
                + "goes on from there.\n"
        } else {
            text +=
                "That process has ended, but a program that it started still runs and keeps the lock "
                + "until it ends.\n"
        }
        return text
    }
}
