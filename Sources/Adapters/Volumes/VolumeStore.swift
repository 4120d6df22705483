/// One volume as the backend lists it. What its name means is the caller's business.
package struct VolumeRecord: Sendable, Equatable {
    package var name: String
    /// The size of its file system, in bytes: what the volume may hold at the most.
    package var limit: Int64
    /// Bytes of the backend's storage that it takes up now. What snapshots share counts for each.
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

/// How full a backend is.
package struct VolumeCapacity: Sendable, Equatable {
    /// What it is, for people: `the thin pool vg0/pool`.
    package var place: String
    /// What it can hold, in bytes: the data of the thin pool, or the host's file system.
    package var totalBytes: Int64
    /// What is taken of it, whoever took it.
    package var usedBytes: Int64
    /// How much of a thin pool's metadata is taken, 0 to 100; nil where there is none.
    package var metadataUsedPercent: Double?
    /// The limits of all volumes in it together, ours or not: what may be asked of it.
    package var virtualBytes: Int64
    /// What the backend itself says is wrong with it, in its own word, such as `out_of_data`.
    package var problem: String?
    /// How it is set up otherwise than it should be, and the command that mends it.
    package var advice: String?

    package init(
        place: String, totalBytes: Int64, usedBytes: Int64, metadataUsedPercent: Double? = nil,
        virtualBytes: Int64, problem: String? = nil, advice: String? = nil
    ) {
        self.place = place
        self.totalBytes = totalBytes
        self.usedBytes = usedBytes
        self.metadataUsedPercent = metadataUsedPercent
        self.virtualBytes = virtualBytes
        self.problem = problem
        self.advice = advice
    }
}

/// What a backend holds, at one moment.
package struct VolumeSurvey: Sendable, Equatable {
    /// In the order of their names.
    package var volumes: [VolumeRecord]
    package var capacity: VolumeCapacity

    package init(volumes: [VolumeRecord], capacity: VolumeCapacity) {
        self.volumes = volumes
        self.capacity = capacity
    }
}

extension VolumeStore {
    package func list(prefix: String) async throws(VolumeError) -> [VolumeRecord] {
        try await survey(prefix: prefix).volumes
    }

    package func capacity() async throws(VolumeError) -> VolumeCapacity {
        try await survey(prefix: "").capacity
    }
}

/// A storage backend. A volume that is listed is whole: one that was being made when the host
/// died is not listed, and is swept when the same name is made again.
package protocol VolumeStore: Sendable {
    /// Every volume whose name starts with `prefix`, and how full the backend is, in one call.
    func survey(prefix: String) async throws(VolumeError) -> VolumeSurvey

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

    /// Makes a writable volume of `limit` bytes with the content of `origin`, not mounted.
    ///
    /// - Throws: if the content does not fit; the message has both sizes. Also if one of that name
    ///   is there, which is left as it is: whoever thought it absent may be wrong about its
    ///   containers too.
    func snapshot(_ origin: String, as name: String, limit: Int64) async throws(VolumeError)

    /// Why a snapshot of a volume would copy what it holds; nil where it shares it. Leaves no trace.
    func obstacleToSnapshots() async -> String?

    /// Gives a volume that is not mounted another name. One that has the new name already, where
    /// none has the old one, is left alone: it was renamed before.
    ///
    /// - Throws: if there are both.
    func rename(_ name: String, to other: String) async throws(VolumeError)

    /// Mounts the volume where `mountPoint(of:)` says; one that is mounted already is left alone.
    func mount(_ name: String) async throws(VolumeError)

    /// Unmounts the volume; one that is not mounted is left alone.
    func unmount(_ name: String) async throws(VolumeError)

    /// Makes the volume and its file system as large as `limit` bytes, mounted or not; one that is
    /// so large already is left alone.
    ///
    /// - Throws: if it is larger: a volume is never made smaller.
    func grow(_ name: String, limit: Int64) async throws(VolumeError)

    /// Removes the volume and its mount point; one that is not there is no error.
    func remove(_ name: String) async throws(VolumeError)

    /// Gives back to the storage below what was freed on a mounted volume; one that is not mounted
    /// is left alone, and so is a storage that takes nothing back.
    func trim(_ name: String) async throws(VolumeError)

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

    /// Runs an operation on a volume; whatever it throws becomes a `VolumeError` of it.
    static func of<Value>(
        _ operation: String, _ volume: String, _ body: () async throws -> Value
    ) async throws(VolumeError) -> Value {
        do {
            return try await body()
        } catch let error as VolumeError {
            throw error
        } catch {
            throw VolumeError(operation, volume, "\(error)")
        }
    }

    /// Whoever planned to make it had an old list.
    static func isThere(_ volume: String, for operation: String) -> VolumeError {
        VolumeError(operation, volume, "it is there already; plan again")
    }

    package var description: String { "volume \(volume): cannot \(operation): \(message)" }
}
