/// One volume as the backend lists it. What its name means is the caller's business.
package struct VolumeRecord: Sendable, Equatable {
    package var name: String
    /// The size of the block device, in bytes: what the volume may hold at the most.
    package var limit: Int64
    /// Bytes of the host's storage that it takes up now.
    package var used: Int64
    /// Nil while it is not mounted.
    package var mountPoint: String?

    package init(name: String, limit: Int64, used: Int64, mountPoint: String?) {
        self.name = name
        self.limit = limit
        self.used = used
        self.mountPoint = mountPoint
    }
}

/// A storage backend. A volume that is listed is whole: one that was being made when the host
/// died is not listed, and is swept when the same name is made again.
package protocol VolumeStore: Sendable {
    /// Every volume whose name starts with `prefix`, in the order of their names, in one call.
    func list(prefix: String) async throws(VolumeError) -> [VolumeRecord]

    /// Makes an empty ext4 volume of `limit` bytes, not mounted.
    ///
    /// - Throws: if there is one of that name.
    func create(_ name: String, limit: Int64) async throws(VolumeError)

    /// Makes `artifact` of the folder `folder` in the mounted volume `name`: it keeps nothing
    /// else, as `/<renamed>`, its file system shrunk to fit, clean, and not mounted. The volume
    /// `name` is gone afterwards. An `artifact` that is there is left as it is.
    func seal(
        _ name: String, folder: String, renamed: String, artifact: String
    ) async throws(VolumeError)

    /// The content of a file of a sealed volume, which stays unmounted; nil if there is none.
    ///
    /// - Parameter path: relative to the volume's root, of plain names: neither spaces nor quotes.
    /// - Throws: if it is longer than `limit` bytes, too.
    func read(
        _ path: String, of artifact: String, limit: Int
    ) async throws(VolumeError) -> [UInt8]?

    /// Makes a writable volume of `limit` bytes with the content of `origin`, not mounted. One of
    /// that name that is there is left as it is.
    ///
    /// - Throws: if the content does not fit; the message has both sizes.
    func snapshot(_ origin: String, as name: String, limit: Int64) async throws(VolumeError)

    /// Mounts the volume where `mountPoint(of:)` says; one that is mounted already is left alone.
    func mount(_ name: String) async throws(VolumeError)

    /// Unmounts the volume; one that is not mounted is left alone.
    func unmount(_ name: String) async throws(VolumeError)

    /// Removes the volume and its mount point; one that is not there is no error.
    func remove(_ name: String) async throws(VolumeError)

    /// Where the volume is mounted, or would be.
    func mountPoint(of name: String) -> String
}

package struct VolumeError: Error, CustomStringConvertible {
    /// What was tried, for example `create`.
    package var operation: String
    package var volume: String
    package var message: String

    package init(_ operation: String, _ volume: String, _ message: String) {
        self.operation = operation
        self.volume = volume
        self.message = message
    }

    package var description: String { "volume \(volume): cannot \(operation): \(message)" }
}
