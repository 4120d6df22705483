/// The world moved under what was applied.
package struct Drift: Sendable, Equatable {
    package enum Kind: String, Sendable {
        case crash
        case outOfMemory = "out-of-memory"
        case gaveUp = "gave-up"
        case containerStopped = "container-stopped"
        case containerMissing = "container-missing"
        case containerDiffers = "container-differs"
        case programStopped = "program-stopped"
        case programRestarting = "program-restarting"
        case volumeUnmounted = "volume-unmounted"
        case storageMissing = "storage-missing"
        case layoutDamaged = "layout-damaged"
        case configurationEdited = "configuration-edited"
        case limitsChanged = "limits-changed"
        /// Could not be observed: no statement about it is made, and nothing is done to it.
        case unobservable
    }

    package var address: Address
    package var kind: Kind
    /// For people, without any control character.
    package var evidence: String
    /// The plan holds a step that mends it.
    package var hasStep: Bool
    /// It is over: supervisord mended it by itself.
    package var isHealed: Bool
}
