/// What one source of observation gave. Unavailable is never the same as empty: an engine that is
/// down must not look like one without containers.
package enum Reading<Value: Sendable>: Sendable {
    case read(Value)
    /// Why it could not be read, for people.
    case unavailable(String)

    package var value: Value? {
        if case .read(let value) = self { value } else { nil }
    }

    package var failure: String? {
        if case .unavailable(let why) = self { why } else { nil }
    }
}

extension Reading: Equatable where Value: Equatable {}

/// The world at one moment, as far as it is ours. Values only: collecting is another target's.
package struct Snapshot: Sendable, Equatable {
    package var engine: Reading<Engine>
    package var volumes: Reading<[Volume]>
    /// Of what the volumes lie in; nil where they could not be read.
    package var capacity: Capacity?
    /// Why a snapshot of a volume would copy what it holds; nil where it costs next to nothing.
    package var obstacleToSnapshots: String?

    package init(
        engine: Reading<Engine>, volumes: Reading<[Volume]>, capacity: Capacity? = nil,
        obstacleToSnapshots: String? = nil
    ) {
        self.engine = engine
        self.volumes = volumes
        self.capacity = capacity
        self.obstacleToSnapshots = obstacleToSnapshots
    }
}

/// How full the storage of the volumes is.
package struct Capacity: Sendable, Equatable {
    /// What it is, for people: `the thin pool vg0/pool`.
    package var place: String
    package var totalBytes: Int64
    /// What is taken of it, whoever took it.
    package var usedBytes: Int64
    /// Of a thin pool, 0 to 100; nil where there is none.
    package var metadataUsedPercent: Double?
    /// The limits of all volumes in it, ours or not, sealed or not.
    package var promisedBytes: Int64
    /// In the storage's own word, such as `out_of_data`; nil while nothing is wrong.
    package var problem: String?
    /// How it is set up otherwise than it should be, and the command that mends it.
    package var advice: String?

    package init(
        place: String, totalBytes: Int64, usedBytes: Int64, metadataUsedPercent: Double? = nil,
        promisedBytes: Int64, problem: String? = nil, advice: String? = nil
    ) {
        self.place = place
        self.totalBytes = totalBytes
        self.usedBytes = usedBytes
        self.metadataUsedPercent = metadataUsedPercent
        self.promisedBytes = promisedBytes
        self.problem = problem
        self.advice = advice
    }
}

/// What the engine holds that carries our mark.
package struct Engine: Sendable, Equatable {
    package var containers: [Container]
    package var images: [Image]
    /// Nil if our bridge network does not exist.
    package var network: Network?

    package init(containers: [Container], images: [Image], network: Network?) {
        self.containers = containers
        self.images = images
        self.network = network
    }
}

package struct Network: Sendable, Equatable {
    package var id: String
    package var name: String

    package init(id: String, name: String) {
        self.id = id
        self.name = name
    }
}

/// An image of the image standard.
package struct Image: Sendable, Equatable {
    package var id: String
    /// Its name in the image tree, for example `run-node`; nil for one that a newer took over from.
    package var name: String?
    /// The label with the digest of all that it was built from: equal for images that differ only
    /// in when they were built.
    package var inputDigest: String
    /// What it was built as, whether or not it has the name still; nil if nothing says so.
    package var builtAs: String?
    /// Somebody has a name for it, ours or not.
    package var isTagged: Bool
    /// The installation that had it built; nil for one that an older modplan or another built.
    package var builtBy: String?
    /// The input digest of the image that it was built on, empty for the tree's root; nil if
    /// nothing says so.
    package var parent: String?
    /// In bytes, what it shares with its parents included.
    package var bytes: Int64

    package init(
        id: String, name: String?, inputDigest: String, builtAs: String? = nil,
        isTagged: Bool? = nil, builtBy: String? = nil, parent: String? = nil, bytes: Int64 = 0
    ) {
        self.id = id
        self.name = name
        self.inputDigest = inputDigest
        self.builtAs = builtAs
        self.isTagged = isTagged ?? (name != nil)
        self.builtBy = builtBy
        self.parent = parent
        self.bytes = bytes
    }
}

/// A volume of ours, with what could be read in it where it is mounted.
package struct Volume: Sendable, Equatable {
    package var name: String
    package var limitBytes: Int64
    package var usedBytes: Int64
    package var isMounted: Bool
    /// Nil unless it is a run volume and mounted.
    package var contents: Reading<RunVolumeContents>?

    package init(
        name: String, limitBytes: Int64, usedBytes: Int64, isMounted: Bool,
        contents: Reading<RunVolumeContents>? = nil
    ) {
        self.name = name
        self.limitBytes = limitBytes
        self.usedBytes = usedBytes
        self.isMounted = isMounted
        self.contents = contents
    }
}

package struct RunVolumeContents: Sendable, Equatable {
    /// `supervisor.conf` as it stands; nil if there is none.
    package var configuration: [UInt8]?
    /// Folders of the standard that are missing or not the app's own, in order.
    package var damagedFolders: [String]
    /// Oldest first.
    package var notifications: [Notification]
    /// What lies among the notifications and is none. The names are the app's: hostile.
    package var strangers: [String] = []

    /// Where strangers are put, in the folder of the notifications.
    package static let strangersFolder = ".bad"

    package init(
        configuration: [UInt8]?, damagedFolders: [String], notifications: [Notification]
    ) {
        self.configuration = configuration
        self.damagedFolders = damagedFolders
        self.notifications = notifications
    }
}
