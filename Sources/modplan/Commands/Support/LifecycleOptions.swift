import ArgumentParser
import Execution
import Planning

/// What `stop`, `start` and `restart` have in common: the command itself is the approval.
struct LifecycleOptions: ParsableArguments {
    @Flag(help: "Print one JSON document.") var json = false
    @OptionGroup var locking: LockOptions

    func session(_ installation: Installation) throws -> ApplySession {
        ApplySession(
            installation,
            ApplySession.Options(yes: true, json: json, lockWaitSeconds: try locking.seconds()))
    }

    func carryOut(_ installation: Installation, _ apps: [String], stopped: Stop?) async throws {
        for app in apps { try await installation.requireKnown(app) }
        for app in apps {
            try await installation.applier.setStopped(
                app, stopped, waitSeconds: try locking.seconds())
        }
        try await session(installation).run(apps: apps)
    }
}
