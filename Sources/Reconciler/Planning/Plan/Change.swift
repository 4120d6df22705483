/// One resource that will not stay as it is.
package struct Change: Sendable, Equatable {
    package var address: Address
    package var action: Action
    package var reason: Reason
    /// The definition's keys that differ, or details of the cause; never a value of the environment.
    package var fields: [String]
    package var disruption: Disruption
    /// What moved: the definition, or the world under it.
    package var isDrift: Bool
    /// What the host has of it today, which goes with it; nil where that is not the point. It
    /// changes from moment to moment: no part of the digest.
    package var bytes: Int64?
    /// Figures of the moment that decided, for people; no part of the digest either.
    package var evidence: String?
}

package enum Action: String, Sendable, CaseIterable {
    case create, update, restart, replace, delete, forget, hold

    package var glyph: Character {
        switch self {
        case .create: "+"
        case .update, .restart, .replace: "~"
        case .delete: "-"
        case .forget: "."
        case .hold: "!"
        }
    }
}

/// Why: a closed list, so that nothing changes for a reason that nobody named.
package enum Reason: String, Sendable, CaseIterable {
    case appAdded = "app-added"
    case appRemoved = "app-removed"
    case scaledUp = "scaled-up"
    case scaledDown = "scaled-down"
    case sourceChanged = "source-changed"
    case buildImageChanged = "build-image-changed"
    case buildSettingsChanged = "build-settings-changed"
    case artifactMissing = "artifact-missing"
    case runImageChanged = "run-image-changed"
    case environmentChanged = "environment-changed"
    case settingsChanged = "settings-changed"
    case limitsChanged = "limits-changed"
    case containerMissing = "container-missing"
    case containerStopped = "container-stopped"
    case containerDiffers = "container-differs"
    case programStopped = "program-stopped"
    case volumeUnmounted = "volume-unmounted"
    case layoutDamaged = "layout-damaged"
    case configurationEdited = "configuration-edited"
    case leftover
    case unsettled
    case destroyed
    case stopped
    case restartRequested = "restart-requested"
    case rolledBack = "rolled-back"
    case pinned
    case unpinned
    case volumeGrown = "volume-grown"
    case storageAdded = "storage-added"
    case storageMissing = "storage-missing"
    case storageTakenUp = "storage-taken-up"
    /// No instance is to have it, and no plan but one that is asked to removes it.
    case orphaned
    case snapshotTaken = "snapshot-taken"
    case snapshotExpired = "snapshot-expired"
    case dataRestored = "data-restored"
    /// What is asked for cannot be: the fields say why.
    case refused
    case unreferenced
    case superseded
    case inUse = "in-use"
    case noRoom = "no-room"
}

package enum Disruption: Sendable, Equatable {
    case none
    case processRestart
    case restart
    /// The old instance serves until the new one is ready.
    case rolling
    /// Something can belong to one container only.
    case gap(seconds: Int, Exclusive)
    case delete
    case stop

    package enum Exclusive: String, Sendable {
        case port = "published port"
        case storage

        /// From the old container's stop until the new one is ready, as a rule.
        var seconds: Int { self == .port ? 3 : 5 }
        var gap: Disruption { .gap(seconds: seconds, self) }
    }

    package var description: String {
        switch self {
        case .none: "no disruption"
        case .processRestart: "process restart, ~1 s"
        case .restart: "restart, ~2 s"
        case .rolling: "rolling, no downtime"
        case .gap(let seconds, let what): "gap ~\(seconds) s, the \(what.rawValue) moves"
        case .delete: "ends it"
        case .stop: "stops it"
        }
    }
}
