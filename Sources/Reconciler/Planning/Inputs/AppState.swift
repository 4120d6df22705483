package import Observed

/// What modplan remembers of one app. A cache: labels, volumes and git can say it again.
package struct AppState: Sendable, Equatable, Codable {
    package var app: String
    /// Rises by one whenever the content changes.
    package var serial: Int
    /// Names the series that the serial counts in: a state that was lost and recovered begins
    /// another. Nil while nothing was written.
    package var epoch: String?
    /// The git object id of the definition that was last applied whole; tells change from drift.
    package var applied: String?
    /// Oldest first.
    package var releases: [Release]
    /// Set while an operator wants the app down.
    package var stopped: Stop?
    /// Set since a rollback, until `unpin` or until what it was rolled away from moves.
    package var pin: Pin?
    /// Of instances that have or had a storage, in their order; nil for none.
    package var storage: [StorageRecord]?

    package init(
        app: String, serial: Int = 0, epoch: String? = nil, applied: String? = nil,
        releases: [Release] = [], stopped: Stop? = nil, pin: Pin? = nil,
        storage: [StorageRecord]? = nil
    ) {
        self.app = app
        self.serial = serial
        self.epoch = epoch
        self.applied = applied
        self.releases = releases
        self.stopped = stopped
        self.pin = pin
        self.storage = storage
    }
}

/// A release that an app was rolled back to, and what it was rolled away from: once that has moved,
/// the pin is over.
package struct Pin: Sendable, Equatable, Codable {
    package var release: Int
    /// The git object id of the definition's file.
    package var definition: String
    /// The object id of the source's tree.
    package var tree: String

    package init(release: Int, definition: String, tree: String) {
        self.release = release
        self.definition = definition
        self.tree = tree
    }
}

/// An operator's `stop APP`: it stays until `start APP`.
package struct Stop: Sendable, Equatable, Codable {
    /// RFC 3339, UTC.
    package var at: String
    package var by: String

    package init(at: String, by: String) {
        self.at = at
        self.by = by
    }
}

/// Release n of an app: what it was made of.
package struct Release: Sendable, Equatable, Codable {
    package var number: Int
    package var commit: String
    package var subject: String
    package var tree: String
    /// The build key, which names the artifact.
    package var artifact: String
    package var buildImage: String
    /// The run image's input digest.
    package var runImage: String
    /// The digest of the plan that made it.
    package var plan: String?
    /// When it was recorded, RFC 3339, UTC.
    package var at: String?
    /// What the build chose, `["node": "22.20.0"]`; nil where it said nothing. It is the app's word.
    package var runtime: [String: String]?

    package init(
        number: Int, commit: String, subject: String, tree: String, artifact: String,
        buildImage: String, runImage: String, plan: String? = nil, at: String? = nil,
        runtime: [String: String]? = nil
    ) {
        self.number = number
        self.commit = commit
        self.subject = subject
        self.tree = tree
        self.artifact = artifact
        self.buildImage = buildImage
        self.runImage = runImage
        self.plan = plan
        self.at = at
        self.runtime = runtime
    }
}

/// Notifications that were counted. It has no serial: a crash makes no saved plan stale.
package struct Ledger: Sendable, Equatable, Codable {
    package struct Event: Sendable, Equatable, Codable {
        /// The notification's file name.
        package var file: String
        package var instance: Int
        package var kind: String
        /// RFC 3339, UTC.
        package var at: String
        /// False for supervisord giving up, whose deaths were counted one by one.
        package var counts: Bool
        /// How the process ended; both nil where nobody told, or an older modplan counted it.
        package var exitStatus: Int?
        package var signal: Int?

        package init(
            file: String, instance: Int, kind: String, at: String, counts: Bool,
            end: Notification.End? = nil
        ) {
            self.file = file
            self.instance = instance
            self.kind = kind
            self.at = at
            self.counts = counts
            switch end {
            case .exitStatus(let status)?: exitStatus = status
            case .signal(let number)?: signal = number
            case nil: break
            }
        }
    }

    /// Oldest first, at most `limit`: counted, and the file of each is or will be removed.
    package var events: [Event]
    package static let limit = 500

    package init(events: [Event] = []) { self.events = events }

    package func hasCounted(_ file: String, instance: Int) -> Bool {
        events.contains { $0.file == file && $0.instance == instance }
    }
}
