import Desired
package import Planning
import State

/// How an app's state was made anew.
package struct RecoveredApp: Sendable {
    package enum Source: String, Sendable {
        /// Beside the volumes.
        case record
        /// The state's own file; there was no record.
        case state
        /// Labels and git.
        case host
        /// Neither: the next apply begins with what it finds.
        case nothing
    }

    package var app: String
    package var source: Source
    /// Nil if there was nothing to recover.
    package var state: AppState?
    /// Files that could not be read, kept under another name.
    package var aside: [String]
}

extension Applier {
    /// Makes the states of apps anew, each under its lock, from the records beside the volumes, else
    /// from the state's own files, else from labels and git. Plans that were saved before are stale
    /// afterwards.
    ///
    /// - Parameter apps: all that anything is known of, if none is named.
    package func rebuildStates(of apps: [String], waitSeconds: Int) async throws -> [RecoveredApp] {
        var input = try await input(apps: apps)
        let remembered = input.states
        let known = Set(remembered.keys).union(input.unreadable.keys)
            .union(input.desired.map(\.definition.name))
        input.states = [:]
        input.unreadable = [:]
        let chosen = apps.isEmpty ? known.sorted() : Set(apps).sorted()
        var recovered: [RecoveredApp] = []
        for app in chosen {
            let lock = try await locks.lock(
                app, operation: "state rebuild", waitSeconds: waitSeconds)
            defer { withExtendedLifetime(lock) {} }
            let (state, source) = try recover(app, remembered[app], input)
            let aside = try store.rebuild(state ?? AppState(app: app))
            recovered.append(
                RecoveredApp(
                    app: app, source: source, state: state == nil ? nil : try store.state(of: app),
                    aside: aside))
        }
        return recovered
    }

    private func recover(
        _ app: String, _ remembered: AppState?, _ input: PlanningInput
    ) throws -> (AppState?, RecoveredApp.Source) {
        if let record = try store.recorded(app) { return (record, .record) }
        if let remembered { return (remembered, .state) }
        if let state = try recoveredState(of: app, from: input) { return (state, .host) }
        return (nil, .nothing)
    }
}
