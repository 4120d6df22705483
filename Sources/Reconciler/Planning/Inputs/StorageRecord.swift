/// What is remembered of one instance's storage.
package struct StorageRecord: Sendable, Equatable, Codable {
    package var instance: Int
    /// The release that ran on it last: what stands on it is this one's.
    package var release: Int?
    /// RFC 3339, UTC, as all times here.
    package var madeAt: String?
    /// Since when no instance is to have it; nil while one is.
    package var orphanedAt: String?
    /// Set from before it gives way to a snapshot until that is in its place.
    package var restoring: Restoring?

    package struct Restoring: Sendable, Equatable, Codable {
        /// Whose snapshot takes its place.
        package var release: Int
        /// The volume that it becomes itself: once that is there, it has given way.
        package var aside: String

        package init(release: Int, aside: String) {
            self.release = release
            self.aside = aside
        }
    }

    package init(
        instance: Int, release: Int? = nil, madeAt: String? = nil, orphanedAt: String? = nil,
        restoring: Restoring? = nil
    ) {
        self.instance = instance
        self.release = release
        self.madeAt = madeAt
        self.orphanedAt = orphanedAt
        self.restoring = restoring
    }
}

/// What becomes of a storage, to be remembered before it is so.
package enum StorageUse: Sendable, Equatable {
    /// A release is about to run on it.
    case running(release: Int)
    /// It is about to give way to a snapshot.
    case restoring(StorageRecord.Restoring)
    /// No instance is to have it any more.
    case orphaned
    /// It is removed.
    case removed
}

extension [StorageRecord] {
    /// - Parameter now: RFC 3339.
    package mutating func note(_ use: StorageUse, of instance: Int, now: String) {
        let old = first { $0.instance == instance }
        removeAll { $0.instance == instance }
        var record = old ?? StorageRecord(instance: instance)
        switch use {
        case .running(let release):
            record.release = release
            record.madeAt = record.madeAt ?? now
            record.orphanedAt = nil
            record.restoring = nil
        case .restoring(let restoring): record.restoring = restoring
        case .orphaned: record.orphanedAt = record.orphanedAt ?? now
        case .removed: return
        }
        append(record)
        sort { $0.instance < $1.instance }
    }
}
