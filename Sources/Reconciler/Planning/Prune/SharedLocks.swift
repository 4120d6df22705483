/// Locks of what all apps share. No app can be named so.
package enum SharedLocks {
    /// The network.
    package static let network = "_shared"
    /// The engine's images: shared by whoever makes containers of them.
    package static let images = "_images"
}
