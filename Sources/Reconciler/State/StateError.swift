/// A state file that cannot be read or written.
package struct StateError: Error, CustomStringConvertible {
    package var file: String
    package var message: String
    /// It may be put aside and made anew: it is ours, of no later version, and says nothing.
    package var isRecoverable = false

    package var description: String { "\(file): \(message)" }
}

/// Another process is at work on the same app or artifact.
package struct LockedError: Error, CustomStringConvertible {
    package var app: String
    /// Name, pid, host, operation and since when.
    package var holder: String

    package init(app: String, holder: String) {
        self.app = app
        self.holder = holder
    }

    package var description: String {
        "\(app) is locked by \(holder); wait for it, or give --lock-timeout 30s"
    }
}
