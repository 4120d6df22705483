import Desired
import Observed

/// What the apps still need of what they share: artifacts and run images.
struct Retention {
    /// Build keys.
    private(set) var artifacts: Set<String> = []
    /// Input digests of run images.
    private(set) var images: Set<String> = []
    /// Apps of which nobody can say what they need, with why: nothing that apps share is removed.
    private(set) var unknown: [(app: String, why: String)] = []

    init(_ world: World) {
        for app in world.appNames {
            if let why = world.input.unreadable[app] {
                unknown.append((app, why))
                continue
            }
            keepReleases(of: app, world)
            keepDefinition(of: app, world)
        }
    }

    /// The newest ones, the one that it is pinned to, and those that are on the host.
    private mutating func keepReleases(of app: String, _ world: World) {
        let state = world.state(of: app)
        let ofContainers = world.containers(of: app).filter { !$0.labels.isTransient }
            .compactMap(\.labels.release)
        let ofVolumes = world.volumes(of: app).compactMap { entry in
            if case .run(_, _, let release) = entry.role { release } else { nil as Int? }
        }
        var numbers = Set(ofContainers + ofVolumes)
        if let lost = numbers.subtracting(state.releases.map(\.number)).min() {
            unknown.append(
                (
                    app,
                    "nothing on record tells what its release \(lost) was made of; 'modplan state "
                        + "rebuild \(app)' recovers what can be"
                ))
        }
        numbers.formUnion(state.releases.map(\.number).sorted().suffix(PlanningInput.keptReleases))
        if let pin = state.pin { numbers.insert(pin.release) }
        for release in state.releases where numbers.contains(release.number) {
            artifacts.insert(release.artifact)
            images.insert(release.runImage)
        }
    }

    /// What the next apply would begin with. Images that are missing keep nothing: it could not.
    private mutating func keepDefinition(of app: String, _ world: World) {
        guard let desired = world.desired(app),
            let image = try? world.image(desired.definition.buildImage, for: app)
        else { return }
        artifacts.insert(
            BuildKey.make(
                tree: desired.source.tree, imageDigest: image.inputDigest,
                settings: desired.definition.build))
    }
}
