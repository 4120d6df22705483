import Desired
import Observed
import Planning

/// An engine, its containers, volumes and supervisords, as far as modplan can tell them apart.
struct SimulatedHost {
    struct Disk {
        enum Content: Equatable {
            case empty
            case source
            /// A build wrote all of its output, or was cut short.
            case built(whole: Bool)
            case artifact
            /// Of a whole artifact.
            case app
        }

        var limitBytes: Int64
        /// Of a storage: what each start wrote, oldest first, `r3#17` for release 3's.
        var data: [String] = []
        /// Of a storage: the app may write to it.
        var isOwned = false
        var content = Content.empty
        /// The source that it is, or was made of.
        var tree = ""
        var isMounted = false
        var configuration: [UInt8]?
        var damagedFolders = ["home", "log", "notifications", "tmp"]
        var notifications: [Observed.Notification] = []
    }

    struct Box {
        var container: Container
        var program = Program.State.stopped
        /// The configuration that supervisord has read.
        var loaded: [UInt8]?
        var volume: String
        var storage: String?
        /// Its app's program never stays up.
        var isBroken: Bool
        var isUp: Bool { [.running, .paused, .restarting].contains(container.status) }
    }

    static let imageNames = ["build-java", "build-node", "run-java", "run-node"]

    let naming: Naming
    /// By id.
    var boxes: [String: Box] = [:]
    var disks: [String: Disk] = [:]
    var images: [Image]
    var networks: [Network] = []
    private var made = 0

    init(installation: String) {
        naming = Naming(installation: installation)
        images = Self.imageNames.map {
            Image(
                id: "sha256:\($0)-0", name: $0, inputDigest: "\($0)-0", builtBy: installation,
                parent: "")
        }
    }

    mutating func newID(_ kind: String) -> String {
        made += 1
        return "\(kind)-\(made)"
    }

    /// What a collector would say of it.
    var snapshot: Snapshot {
        let containers = boxes.values.map { box in
            var container = box.container
            if container.status == .running && !container.labels.isTransient {
                container.program =
                    disks[box.volume]?.isMounted == true
                    ? .read(Program(state: box.program)) : .unavailable("no socket")
            }
            return container
        }.sorted { $0.id < $1.id }
        let volumes = disks.map { name, disk in
            var volume = Volume(
                name: name, limitBytes: disk.limitBytes, usedBytes: 0, isMounted: disk.isMounted)
            if disk.isMounted, case .run = naming.role(ofVolume: name) {
                volume.contents = .read(
                    RunVolumeContents(
                        configuration: disk.configuration, damagedFolders: disk.damagedFolders,
                        notifications: disk.notifications))
            }
            return volume
        }.sorted { $0.name < $1.name }
        let ours = networks.first { $0.name == naming.network }
        return Snapshot(
            engine: .read(Engine(containers: containers, images: images, network: ours)),
            volumes: .read(volumes.filter { $0.name.hasPrefix(naming.volumePrefix) }))
    }

    /// The container that a reference means: by its id, or by its name.
    func find(_ reference: ContainerReference) -> Box? {
        if let id = reference.id { return boxes[id] }
        return boxes.values.first { $0.container.name == reference.name }
    }

    func users(of volume: String) -> [Box] {
        boxes.values.filter { $0.isUp && ($0.volume == volume || $0.storage == volume) }
    }

    /// 0.0.0.0 is every address. Of ports as settings have them, `host:hostPort:containerPort`.
    static func collide(_ left: String, _ right: String) -> Bool {
        let (one, other) = (left.split(separator: ":"), right.split(separator: ":"))
        return one[1] == other[1]
            && (one[0] == other[0] || one[0] == "0.0.0.0" || other[0] == "0.0.0.0")
    }
}
