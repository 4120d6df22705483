import Desired
import Observed

/// The planner's input, indexed once. A class, since every app's planner holds it.
final class World: Sendable {
    let input: PlanningInput
    let naming: Naming
    /// Where each app stands in the input.
    private let indexOfDesired: [String: Int]
    /// Every app that is asked for, remembered or has something on the host, and was selected;
    /// sorted.
    let appNames: [String]
    let network: Network?
    private let containers: [String: [Container]]
    private let images: [String: Image]
    private let imagesByID: [String: Image]
    /// By build key.
    let artifacts: [String: Volume]
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
        indexOfDesired = Dictionary(
            input.desired.indices.map { (input.desired[$0].definition.name, $0) },
            uniquingKeysWith: { first, _ in first })
        var containers = Dictionary(
            grouping: engine.containers.lazy.filter { !Self.isLiving($0.name, input) }
        ) { $0.labels.app }
        containers.sortValues { ($0.name, $0.id) < ($1.name, $1.id) }
        self.containers = containers
        var holders: [Int: [Container]] = [:]
        var ports: [String: ContainerPort] = [:]
        for container in engine.containers where !container.settings.ports.isEmpty {
            for port in container.ports {
                ports[container.id] = port
                if container.isUp { holders[port.hostPort, default: []].append(container) }
            }
        }
        holders.sortValues { $0.id < $1.id }
        holdersOfPort = holders
        portOfContainer = ports
        images = Dictionary(
            engine.images.compactMap { image in image.name.map { ($0, image) } },
            uniquingKeysWith: { first, _ in first })
        imagesByID = Dictionary(
            engine.images.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        var artifacts: [String: Volume] = [:]
        var ofApps: [String: [(role: VolumeRole, volume: Volume)]] = [:]
        for volume in volumes {
            guard let role = naming.role(ofVolume: volume.name),
                !Self.isLiving(volume.name, input)
            else { continue }
            switch role {
            case .artifact(let key): artifacts[key] = volume
            case .build(let app, _), .task(let app, _), .run(let app, _, _):
                ofApps[app, default: []].append((role, volume))
            }
        }
        self.artifacts = artifacts
        ofApps.sortValues { $0.volume.name < $1.volume.name }
        volumesOfApps = ofApps

        var known = Set(indexOfDesired.keys)
        known.formUnion(containers.keys)
        known.formUnion(ofApps.keys)
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

    func desired(_ app: String) -> DesiredApp? { indexOfDesired[app].map { input.desired[$0] } }

    func containers(of app: String) -> [Container] { containers[app] ?? [] }

    func volumes(of app: String) -> [(role: VolumeRole, volume: Volume)] {
        volumesOfApps[app] ?? []
    }

    func volume(_ role: VolumeRole) -> Volume? {
        switch role {
        case .artifact(let key): artifacts[key]
        case .build(let app, _), .task(let app, _), .run(let app, _, _):
            volumesOfApps[app]?.first { $0.role == role }?.volume
        }
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
        let present = Set(containers.keys)
        let ended =
            input.destroys
            ? present.intersection(appNames)
            : present.filter {
                indexOfDesired[$0] == nil && input.selection?.contains($0) != false
            }
        guard !ended.isEmpty else { return false }
        return ended.count == present.count
            || (present.count >= 3 && ended.count * 2 > present.count)
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

extension Dictionary {
    /// Sorts each list where it stands: most have one element.
    fileprivate mutating func sortValues<Element>(
        by isBefore: (Element, Element) -> Bool
    ) where Value == [Element] {
        for index in values.indices where values[index].count > 1 {
            values[index].sort(by: isBefore)
        }
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
