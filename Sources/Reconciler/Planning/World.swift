import Desired
import Observed

/// The planner's input, indexed once.
struct World {
    let input: PlanningInput
    let naming: Naming
    let desired: [String: DesiredApp]
    /// Every app that is asked for, remembered or has something on the host, and was selected;
    /// sorted.
    let appNames: [String]
    let network: Network?
    private let containers: [String: [Container]]
    private let images: [String: Image]
    private let imagesByID: [String: Image]
    private let volumes: [String: Volume]
    /// By the host's port.
    let holdersOfPort: [Int: [Container]]
    /// By container id, whether it runs or not.
    let portOfContainer: [String: ContainerPort]
    private let volumesOfApps: [String: [(role: VolumeRole, volume: Volume)]]

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
        desired = Dictionary(
            input.desired.map { ($0.definition.name, $0) }, uniquingKeysWith: { first, _ in first })
        containers = Dictionary(
            grouping: engine.containers.filter { !Self.isLiving($0.name, input) }
        ) { $0.labels.app }
        .mapValues { $0.sorted { ($0.name, $0.id) < ($1.name, $1.id) } }
        var holders: [Int: [Container]] = [:]
        var ports: [String: ContainerPort] = [:]
        for container in engine.containers.sorted(by: { $0.id < $1.id }) {
            for port in container.ports {
                ports[container.id] = port
                if container.isUp { holders[port.hostPort, default: []].append(container) }
            }
        }
        holdersOfPort = holders
        portOfContainer = ports
        images = Dictionary(
            engine.images.compactMap { image in image.name.map { ($0, image) } },
            uniquingKeysWith: { first, _ in first })
        imagesByID = Dictionary(
            engine.images.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        self.volumes = Dictionary(
            volumes.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        var ofApps: [String: [(role: VolumeRole, volume: Volume)]] = [:]
        for volume in volumes.sorted(by: { $0.name < $1.name }) {
            guard let role = naming.role(ofVolume: volume.name), let app = role.app,
                !Self.isLiving(volume.name, input)
            else { continue }
            ofApps[app, default: []].append((role, volume))
        }
        volumesOfApps = ofApps

        let known = Set(desired.keys).union(containers.keys).union(ofApps.keys)
            .union(input.states.keys).union(input.unreadable.keys)
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

    func containers(of app: String) -> [Container] { containers[app] ?? [] }

    func volumes(of app: String) -> [(role: VolumeRole, volume: Volume)] {
        volumesOfApps[app] ?? []
    }

    func volume(_ role: VolumeRole) -> Volume? { volumes[naming.volume(role)] }

    func image(_ name: String, for app: String) throws(PlanningError) -> Image {
        guard let image = images[name] else { throw .imageMissing(app: app, image: name) }
        return image
    }

    /// The run image of a release, whether or not a newer one has taken over its name.
    func image(of release: Release, for app: String) throws(PlanningError) -> Image {
        let found = imagesByID.values.filter { $0.inputDigest == release.runImage }
        guard
            let image = found.min(by: {
                ($0.name == nil ? 1 : 0, $0.id) < ($1.name == nil ? 1 : 0, $1.id)
            })
        else { throw .releaseGone(app: app, number: release.number, what: "the run image") }
        return image
    }

    /// What a container's image was built from; nil for an image that is not of the standard.
    func inputDigest(ofImage id: String) -> String? { imagesByID[id]?.inputDigest }

    func state(of app: String) -> AppState { input.states[app] ?? AppState(app: app) }

    func basis(of app: String, reading resources: [Basis.Resource]) -> Basis.App {
        let desired = desired[app]
        let state = state(of: app)
        return Basis.App(
            app: app, definition: desired?.blob, commit: desired?.source.commit,
            tree: desired?.source.tree, epoch: state.epoch, serial: state.serial,
            resources: resources)
    }

    /// All apps, or more than half of three or more, would end.
    var endsTooMuch: Bool {
        let present = Set(containers.keys)
        let ended =
            input.destroys
            ? present.intersection(appNames)
            : present.filter { desired[$0] == nil && appNames.contains($0) }
        guard !ended.isEmpty else { return false }
        return ended.count == present.count
            || (present.count >= 3 && ended.count * 2 > present.count)
    }

    /// With every app goes what the apps shared: artifacts and the network.
    func finalRemovals(_ plan: Plan) -> [Step] {
        let ends = plan.steps.map(\.id)
        var list = StepList()
        for (name, volume) in volumes.sorted(by: { $0.key < $1.key }) {
            guard case .artifact(let key) = naming.role(ofVolume: name) else { continue }
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

extension VolumeRole {
    /// Nil for an artifact, which apps share.
    var app: String? {
        switch self {
        case .build(let app, _), .run(let app, _, _), .task(let app, _): app
        case .artifact: nil
        }
    }
}
