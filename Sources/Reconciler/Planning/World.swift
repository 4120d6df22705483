import Desired
import Observed

/// The planner's input, indexed once. A class, since every app's planner holds it.
final class World: Sendable {
    let input: PlanningInput
    let naming: Naming
    /// Every app that is asked for, remembered or has something on the host, and was selected;
    /// sorted.
    let appNames: [String]
    let network: Network?
    /// Every app that anything is known of but its state.
    private let holdings: [String: Holdings]
    private let images: [String: Image]
    private let imagesByID: [String: Image]
    /// By build key.
    let artifacts: [String: Volume]
    /// Of storages: nothing writes to them.
    let snapshots: [Volume]
    /// By the host's port.
    let holdersOfPort: [Int: [Container]]
    /// By container id, whether it runs or not.
    let portOfContainer: [String: ContainerPort]

    init(_ input: PlanningInput) throws(PlanningError) {
        guard let engine = input.observed.engine.value else {
            throw .engineUnavailable(input.observed.engine.failure ?? "")
        }
        guard let volumes = input.observed.volumes.value else {
            throw .volumesUnavailable(input.observed.volumes.failure ?? "")
        }
        self.input = input
        naming = Naming(installation: input.installation)
        network = engine.network
        var holdings: [String: Holdings] = [:]
        holdings.reserveCapacity(input.desired.count)
        for (index, app) in input.desired.enumerated() {
            holdings[app.definition.name, default: Holdings()].keepFirst(index)
        }
        for container in engine.containers where !Self.isLiving(container.name, input) {
            holdings[container.labels.app, default: Holdings()].containers.append(container)
        }
        var holders: [Int: [Container]] = [:]
        var ports: [String: ContainerPort] = [:]
        for container in engine.containers where !container.settings.ports.isEmpty {
            for port in container.ports {
                ports[container.id] = port
                if container.isUp { holders[port.hostPort, default: []].append(container) }
            }
        }
        holdersOfPort = holders.mapValues { $0.sorted { $0.id < $1.id } }
        portOfContainer = ports
        images = Dictionary(
            engine.images.compactMap { image in image.name.map { ($0, image) } },
            uniquingKeysWith: { first, _ in first })
        imagesByID = Dictionary(
            engine.images.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        var artifacts: [String: Volume] = [:]
        var snapshots: [Volume] = []
        for volume in volumes {
            guard let role = naming.role(ofVolume: volume.name),
                !Self.isLiving(volume.name, input)
            else { continue }
            switch role {
            case .artifact(let key): artifacts[key] = volume
            case .storageSnapshot(let app, _, _):
                snapshots.append(volume)
                holdings[app, default: Holdings()].volumes.append((role, volume))
            default:
                guard let app = role.app else { continue }
                holdings[app, default: Holdings()].volumes.append((role, volume))
            }
        }
        self.artifacts = artifacts
        self.snapshots = snapshots
        for index in holdings.values.indices { holdings.values[index].sort() }
        self.holdings = holdings

        var known = Set(holdings.keys)
        known.formUnion(input.states.keys)
        known.formUnion(input.unreadable.keys)
        if let selection = input.selection {
            let unknown = selection.subtracting(known)
            guard unknown.isEmpty else { throw .unknownApps(unknown.sorted()) }
        }
        appNames = known.filter { input.selection?.contains($0) ?? true }.sorted()
    }

    /// A task whose process lives clears up after itself: no plan sees it but one that destroys.
    private static func isLiving(_ name: String, _ input: PlanningInput) -> Bool {
        !input.destroys && input.livingTasks.contains(name)
    }

    func desired(_ app: String) -> DesiredApp? {
        holdings[app]?.desired.map { input.desired[$0] }
    }

    func containers(of app: String) -> [Container] { holdings[app]?.containers ?? [] }

    func volumes(of app: String) -> [(role: VolumeRole, volume: Volume)] {
        holdings[app]?.volumes ?? []
    }

    func volume(_ role: VolumeRole) -> Volume? {
        if case .artifact(let key) = role { return artifacts[key] }
        return role.app.flatMap { holdings[$0] }?.volumes.first { $0.role == role }?.volume
    }

    func image(_ name: String, for app: String) throws(PlanningError) -> Image {
        guard let image = images[name] else { throw .imageMissing(app: app, image: name) }
        return image
    }

    /// The run image of a release, whether or not a newer one has taken over its name.
    func image(of release: Release, for app: String) throws(PlanningError) -> Image {
        guard let image = image(withInput: release.runImage) else {
            throw .releaseGone(app: app, number: release.number, what: "the run image")
        }
        return image
    }

    /// Of images that were built from the same, the one that has a name.
    func image(withInput digest: String) -> Image? {
        imagesByID.values.filter { $0.inputDigest == digest }.min {
            ($0.name == nil ? 1 : 0, $0.id) < ($1.name == nil ? 1 : 0, $1.id)
        }
    }

    /// What a container's image was built from; nil for an image that is not of the standard.
    func inputDigest(ofImage id: String) -> String? { imagesByID[id]?.inputDigest }

    func state(of app: String) -> AppState { input.states[app] ?? AppState(app: app) }

    /// All apps, or more than half of three or more, would end.
    var endsTooMuch: Bool {
        let present = holdings.count { !$0.value.containers.isEmpty }
        let ended = holdings.count { app, found in
            !found.containers.isEmpty && (input.destroys || found.desired == nil)
                && input.selection?.contains(app) != false
        }
        guard ended > 0 else { return false }
        return ended == present || (present >= 3 && ended * 2 > present)
    }

    /// With every app goes what the apps shared: artifacts and the network.
    func finalRemovals(_ plan: Plan) -> [Step] {
        let ends = plan.steps.map(\.id)
        var list = StepList()
        for (key, volume) in artifacts.sorted(by: { $0.key < $1.key }) {
            let name = volume.name
            let unmount: [Operation] = volume.isMounted ? [.unmountVolume(name: name)] : []
            _ = list.chain(
                unmount + [.removeVolume(name: name)], for: .artifact(key: key), after: ends)
        }
        if let network {
            list.add(.removeNetwork(id: network.id), for: .network, after: ends)
        }
        return list.steps
    }
}

/// What is there of one app.
private struct Holdings {
    /// Its place among the definitions.
    var desired: Int?
    var containers: [Container] = []
    var volumes: [(role: VolumeRole, volume: Volume)] = []

    mutating func keepFirst(_ index: Int) { desired = desired ?? index }

    mutating func sort() {
        if containers.count > 1 { containers.sort { ($0.name, $0.id) < ($1.name, $1.id) } }
        if volumes.count > 1 { volumes.sort { $0.volume.name < $1.volume.name } }
    }
}
