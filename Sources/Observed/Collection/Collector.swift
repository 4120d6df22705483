package import Docker
import Host
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
        // What lies on the volumes is read while the engine answers.
        async let reading = readVolumes()
        async let obstacle = volumes.obstacleToSnapshots()
        let engine = await collectEngine()
        let (volumes, capacity) = await reading
        guard case .read(var found) = volumes else {
            return Snapshot(
                engine: engine.reading, volumes: volumes, obstacleToSnapshots: await obstacle)
        }
        for index in found.indices {
            // Read for those alone who claim it.
            guard found[index].claimsOutOfMemory,
                let process = engine.processes[found[index].name],
                let kills = hostOOMKills(ofProcess: process)
            else { continue }
            found[index].hold(against: kills)
        }
        return Snapshot(
            engine: engine.reading, volumes: .read(found), capacity: capacity,
            obstacleToSnapshots: await obstacle)
    }

    private func readVolumes() async -> (Reading<[Volume]>, Capacity?) {
        do {
            let survey = try await volumes.survey(prefix: naming.volumePrefix)
            let found = try await offload { survey.volumes.map(volume) }
            return (.read(found), Capacity(survey.capacity))
        } catch {
            return (.unavailable("\(error)"), nil)
        }
    }

    private func volume(_ record: VolumeRecord) -> Volume {
        var volume = Volume(
            name: record.name, limitBytes: record.limit, usedBytes: record.used,
            isMounted: record.mountPoint != nil)
        if let mountPoint = record.mountPoint, case .run = naming.role(ofVolume: record.name) {
            volume.contents = readContents(mountPoint)
        }
        return volume
    }
}

extension Capacity {
    fileprivate init(_ found: VolumeCapacity) {
        self.init(
            place: found.place, totalBytes: found.totalBytes, usedBytes: found.usedBytes,
            metadataUsedPercent: found.metadataUsedPercent, promisedBytes: found.virtualBytes,
            problem: found.problem, advice: found.advice)
    }
}

extension Volume {
    fileprivate var claimsOutOfMemory: Bool {
        guard case .read(let found)? = contents else { return false }
        return found.notifications.contains { $0.kind == .outOfMemory }
    }

    /// An out-of-memory that the kernel's own counter on the host does not bear out is a crash like
    /// any other.
    fileprivate mutating func hold(against oomKills: Int64) {
        guard oomKills == 0, case .read(var found)? = contents else { return }
        for index in found.notifications.indices { found.notifications[index].kind = .crash }
        contents = .read(found)
    }
}
