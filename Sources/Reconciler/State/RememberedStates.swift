package import Planning

/// What is remembered of all apps: one that cannot be read keeps nobody from the others.
package struct RememberedStates: Sendable {
    package var apps: [String: AppState] = [:]
    package var ledgers: [String: Ledger] = [:]
    /// By app, why its state or its ledger says nothing.
    package var unreadable: [String: String] = [:]

    package init() {}
}
