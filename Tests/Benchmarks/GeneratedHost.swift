import Desired
import Observed
import Planning

/// An installation with many apps, and a host on which all of them run as asked for.
///
/// What an app has is drawn from its number, so that every run measures the same: one in five has
/// two instances, one in ten publishes a port, each has three environment values.
struct GeneratedHost {
    private static let images = ["build-node", "run-node"].map { (name: String) in
        Image(id: "sha256:\(name)", name: name, inputDigest: "digest-of-\(name)")
    }
    private static let naming = Naming(installation: "bench")

    private(set) var input: PlanningInput

    /// Plans from nothing and takes what the plan makes for what is there.
    init(apps count: Int) throws {
        input = PlanningInput(
            installation: "bench", desired: (0..<count).map(Self.app),
            observed: Snapshot(
                engine: .read(Engine(containers: [], images: Self.images, network: nil)),
                volumes: .read([])))
        let first = try plan(input)
        var engine = Engine(
            containers: [], images: Self.images,
            network: Network(id: "network", name: Self.naming.network))
        var volumes: [String: Volume] = [:]
        for step in first.steps { carryOut(step, &engine, &volumes) }
        input.observed = Snapshot(engine: .read(engine), volumes: .read(Array(volumes.values)))
    }

    /// One app's environment moves.
    mutating func edit() {
        input.desired[1].blob = "edited"
        input.desired[1].definition.run.environment["GREETING"] = "edited"
    }

    private static func app(_ number: Int) -> DesiredApp {
        var run = RunSettings(instances: number % 5 == 0 ? 2 : 1)
        run.environment = [
            "GREETING": "hello \(number)", "DATABASE": "db-\(number).example", "LEVEL": "info",
        ]
        if number % 10 == 1 {
            run.publish = PublishedPort(host: "127.0.0.1", port: 10_000 + number % 50_000)
        }
        return DesiredApp(
            definition: AppDefinition(
                name: "app-\(number)", buildImage: "build-node", runImage: "run-node",
                language: .node,
                source: SourceReference(
                    repository: .definitions, ref: "HEAD", path: "sources/app-\(number)"),
                build: BuildSettings(), run: run, restart: RestartBudget()),
            blob: hexadecimal(number, of: "blob"),
            source: ResolvedSource(
                commit: hexadecimal(0, of: "commit"), tree: hexadecimal(number, of: "tree"),
                subject: "A commit"))
    }

    /// As long as a git object id.
    private static func hexadecimal(_ number: Int, of kind: String) -> String {
        String(ContentDigest.hexadecimal(of: Array("\(kind) \(number)".utf8)).prefix(40))
    }

    private mutating func carryOut(
        _ step: Step, _ engine: inout Engine, _ volumes: inout [String: Volume]
    ) {
        switch step.operation {
        case .recordRelease(let release, let artifact):
            let app = step.subject.app ?? ""
            input.states[app] = AppState(app: app, serial: 2, epoch: "epoch", releases: [release])
            volumes[artifact] = volume(artifact)
        case .recordApplied(let definition):
            input.states[step.subject.app ?? ""]?.applied = definition
        case .snapshotVolume(_, let name, _):
            volumes[name] = volume(name)
            volumes[name]?.isMounted = true
        case .writeConfiguration(let name, let configuration):
            volumes[name]?.contents = .read(
                RunVolumeContents(
                    configuration: configuration.rendered, damagedFolders: [], notifications: []))
        case .createContainer(let spec) where spec.role == .run:
            engine.containers.append(container(spec))
        default: break
        }
    }

    private func volume(_ name: String) -> Volume {
        Volume(name: name, limitBytes: 1 << 30, usedBytes: 1 << 20, isMounted: false)
    }

    private func container(_ spec: ContainerSpec) -> Container {
        Container(
            id: ContentDigest.hexadecimal(of: Array(spec.name.utf8)), name: spec.name,
            labels: Container.Labels(
                app: spec.app, instance: spec.instance, release: spec.release, spec: spec.digest,
                isTransient: false),
            status: .running, startedAt: "2026-01-01T00:00:00Z",
            settings: Container.Settings(
                imageID: spec.imageID, memoryBytes: spec.memoryBytes,
                nanoCPUs: spec.nanoCPUs ?? 0, user: ImageStandard.user, hasReadOnlyRoot: true,
                network: spec.network, mounts: ["\(spec.volume):/mnt"],
                ports: spec.port.map { [$0.description] } ?? []),
            address: "172.18.0.2",
            program: .read(Program(state: .running, pid: 7, startedAt: 1_767_225_600)))
    }
}
