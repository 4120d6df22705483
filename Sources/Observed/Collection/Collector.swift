package import Docker
package import Observed
import Planning
package import Volumes

/// Takes one snapshot of all that is ours on this host. Each source is listed once; what has to be
/// asked one by one is asked at once.
package struct Collector: Sendable {
    let engine: DockerClient
    let volumes: any VolumeStore
    let naming: Naming
    /// The image names' prefix.
    let imagePrefix: String

    package init(
        engine: DockerClient, volumes: any VolumeStore, installation: String, imagePrefix: String
    ) {
        self.engine = engine
        self.volumes = volumes
        naming = Naming(installation: installation)
        self.imagePrefix = imagePrefix
    }

    /// Never throws: a source that cannot be read says so in its place.
    package func collect() async -> Snapshot {
        async let listed = listVolumes()
        let engine = await collectEngine()
        let volumes = await listed
        guard case .read(let records) = volumes else {
            return Snapshot(engine: engine.reading, volumes: .unavailable(volumes.failure ?? ""))
        }
        return Snapshot(
            engine: engine.reading,
            volumes: .read(records.map { volume($0, oomKills: engine.oomKills) }))
    }

    private func listVolumes() async -> Reading<[VolumeRecord]> {
        do {
            return .read(try await volumes.list(prefix: naming.volumePrefix))
        } catch {
            return .unavailable("\(error)")
        }
    }

    private func volume(_ record: VolumeRecord, oomKills: [String: Int64]) -> Volume {
        var volume = Volume(
            name: record.name, limitBytes: record.limit, usedBytes: record.used,
            isMounted: record.mountPoint != nil)
        if let mountPoint = record.mountPoint, case .run = naming.role(ofVolume: record.name) {
            volume.contents = readContents(mountPoint, oomKills: oomKills[record.name])
        }
        return volume
    }
}
