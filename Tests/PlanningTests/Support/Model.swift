import Desired
import Observed

@testable import Planning

/// A host as far as plans can change it: every operation with the preconditions that the engine,
/// the kernel and supervisord really have. An operation that would fail there throws here.
struct Model {
    struct Disk {
        var limitBytes: Int64
        var isMounted = false
        var configuration: [UInt8]?
        var damagedFolders: [String] = ["home", "log", "notifications", "tmp"]
        var notifications: [Observed.Notification] = []
        var hasSource = false
        /// The app may write there.
        var isOwned = false
        /// The releases that have run on it, oldest first: what stands on a storage.
        var data: [Int] = []
    }

    struct Box {
        var container: Container
        var program: Program.State = .stopped
        /// The configuration that supervisord has read.
        var loaded: [UInt8]?
        var volume: String
        var storage: String?
        var isUp: Bool { [.running, .paused, .restarting].contains(container.status) }
    }

    let naming: Naming
    /// By name.
    var boxes: [String: Box] = [:]
    var disks: [String: Disk] = [:]
    var images: [Image]
    var network: Network?
    var states: [String: AppState] = [:]
    /// Instances that were changed and not seen ready since, as the state's files remember them.
    var unsettled: Set<Address> = []
    private var made = 0

    init(installation: String, images: [Image]) {
        naming = Naming(installation: installation)
        self.images = images
    }

    /// What a collector would say of it.
    var snapshot: Snapshot {
        let containers = boxes.values.map { box in
            var container = box.container
            if container.status == .running && !container.labels.isTransient {
                let isReachable = disks[box.volume]?.isMounted == true
                container.program =
                    isReachable ? .read(Program(state: box.program)) : .unavailable("no socket")
            }
            return container
        }
        let volumes = disks.map { name, disk in
            var volume = Volume(
                name: name, limitBytes: disk.limitBytes, usedBytes: 0, isMounted: disk.isMounted)
            if case .run = naming.role(ofVolume: name), disk.isMounted {
                volume.contents = .read(
                    RunVolumeContents(
                        configuration: disk.configuration, damagedFolders: disk.damagedFolders,
                        notifications: disk.notifications))
            }
            return volume
        }
        return Snapshot(
            engine: .read(Engine(containers: containers, images: images, network: network)),
            volumes: .read(volumes))
    }

    mutating func run(_ step: Step) throws(ModelError) {
        switch step.operation {
        case .writeConfiguration, .updateProgram, .startProgram, .startContainer:
            unsettled.insert(step.subject)
        default: break
        }
        try change(step)
        if case .awaitReady = step.operation { unsettled.remove(step.subject) }
    }

    private mutating func change(_ step: Step) throws(ModelError) {
        switch step.operation {
        case .createNetwork(let name):
            try require(network == nil, "the network is there", step)
            made += 1
            network = Network(id: "net-\(made)", name: name)
        case .removeNetwork(let id):
            try require(network?.id == id, "no such network", step)
            try require(boxes.isEmpty, "the network is in use", step)
            network = nil
        case .recordRelease(let release, _):
            state(of: step) { $0.releases.append(release) }
        case .recordApplied(let blob):
            state(of: step) { $0.applied = blob }
        case .recordStorage(let instance, let use):
            state(of: step) {
                var records = $0.storage ?? []
                records.note(use, of: instance, now: "2026-11-26T00:00:00Z")
                $0.storage = records.isEmpty ? nil : records
            }
        case .recordEnd: state(of: step) { ($0.applied, $0.stopped, $0.pin) = (nil, nil, nil) }
        case .recordPin(let pin): state(of: step) { $0.pin = pin }
        case .forgetApp:
            states[step.subject.app ?? ""] = nil
        case .createContainer, .startContainer, .stopContainer, .removeContainer, .updateLimits,
            .updateProgram, .startProgram, .stopProgram, .awaitReady, .runBuild:
            try runContainer(step)
        default:
            try runVolume(step)
        }
    }

    private mutating func state(of step: Step, _ change: (inout AppState) -> Void) {
        let app = step.subject.app ?? ""
        var state = states[app] ?? AppState(app: app)
        change(&state)
        state.serial += 1
        states[app] = state
    }

    mutating func newID() -> String {
        made += 1
        return "id-\(made)"
    }

    func require(
        _ condition: Bool, _ message: @autoclosure () -> String, _ step: Step
    ) throws(ModelError) {
        if !condition { throw ModelError(description: "\(step.id): \(message())") }
    }
}

struct ModelError: Error, CustomStringConvertible {
    var description: String
}

extension Model {
    /// What data of first instances can be brought back, in the order of the names.
    var snapshots: [(app: String, release: Int, data: [Int])] {
        disks.sorted { $0.key < $1.key }.compactMap { name, disk in
            guard case .storageSnapshot(let app, 0, let release)? = naming.role(ofVolume: name)
            else { return nil }
            return (app, release, disk.data)
        }
    }
}

extension Naming {
    func isStorage(_ name: String, of app: String) -> Bool {
        switch role(ofVolume: name) {
        case .storage(app, _), .storageSnapshot(app, _, _), .storageAside(app, _, _): true
        default: false
        }
    }
}
