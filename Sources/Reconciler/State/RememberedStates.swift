package import Planning

/// The states of all apps: one that cannot be read keeps nobody from the others.
package struct RememberedStates: Sendable {
    package var apps: [String: AppState] = [:]
    /// By app, why its state says nothing.
    package var unreadable: [String: String] = [:]
}
