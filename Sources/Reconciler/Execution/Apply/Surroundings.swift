package import Observed
package import Planning

// What an apply reads and cleans, beside the effects of its steps.

/// Where definitions come from.
package protocol DefinitionSource: Sendable {
    /// Every definition, its source resolved.
    ///
    /// - Throws: every mistake of every file at once.
    func desired() async throws -> [DesiredApp]
}

/// Looks at the host.
package protocol HostObserver: Sendable {
    /// Never throws: a source that cannot be read says so in its place.
    func observe() async -> Snapshot
}

/// What an apply does in the folder where navi leaves notifications.
package protocol MailEffects: Sendable {
    /// Removes notifications that were counted, and sets strangers aside, unread.
    func clear(_ notifications: [String], aside strangers: [String], on volume: String)
        async throws
}
