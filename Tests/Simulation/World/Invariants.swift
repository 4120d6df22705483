import Desired
import Observed
import Planning
import State

extension World {
    /// A tree of which no program ever stays up.
    static func isBad(_ tree: String) -> Bool { tree.hasPrefix("bad") }

    func isBroken(_ spec: ContainerSpec) -> Bool {
        spec.role != .build && Self.isBad(host.disks[spec.volume]?.tree ?? "")
    }

    /// The release that an app is rolled back to, as far as modplan can know.
    func pinned(_ app: DesiredApp) -> Release? {
        guard let state = try? store.state(of: app.definition.name), let pin = state.pin,
            pin.definition == app.blob, pin.tree == app.source.tree
        else { return nil }
        return state.releases.first { $0.number == pin.release }
    }

    func willStart(_ box: SimulatedHost.Box, _ disk: SimulatedHost.Disk?) {
        let name = box.container.name
        if disk?.isMounted != true { violate("\(name) starts without its volume") }
        if disk != nil && disk?.content != .app {
            violate("\(name) starts on what no build has finished")
        }
        if host.users(of: box.volume).contains(where: { $0.container.id != box.container.id }) {
            violate("two containers run on \(box.volume)")
        }
        if stopped.contains(box.container.labels.app) && !wasMisled {
            violate("\(name) starts, and its operator wants it down")
        }
    }

    func willEnd(_ box: SimulatedHost.Box) {
        let labels = box.container.labels
        requireDead(box.container.name, of: labels.app)
        guard
            // A storage is stopped for: whether it is up again is seen at the end.
            box.isUp, box.storage == nil, !labels.isTransient, !wasMisled,
            !ending.contains(labels.app),
            !stopped.contains(labels.app), !maybeStopped.contains(labels.app),
            let wanted = desired.first(where: { $0.definition.name == labels.app }),
            let instance = labels.instance, instance < wanted.definition.run.instances
        else { return }
        // A newer release may take its place, however it fares.
        let isReplaced = host.disks.keys.contains { name in
            guard case .run(labels.app, instance, let release) = host.naming.role(ofVolume: name)
            else { return false }
            return release > labels.release ?? 0
        }
        let isAsAsked =
            unmet(wanted, instance, box).map(["it runs", Self.configured].contains) ?? true
        if unknown.contains(box.container.id) && !isConcurrent && !isReplaced && isAsAsked {
            violate("\(box.container.name) is ended, and nobody knew how it fares")
        }
        // What serves is not ended for a release that never gets ready.
        if Self.isBad(wanted.source.tree) && box.program == .running && !box.isBroken
            && pinned(wanted) == nil
        {
            violate("\(box.container.name) served, and was ended for what is not ready")
        }
    }

    private static let configured = "its configuration is in force"

    /// What is there is to be made: whoever planned took something unknown for absent, unless it was
    /// told old news, or another apply has made it meanwhile.
    func seesAnew(_ name: String) {
        if !wasMisled && !isConcurrent { violate("\(name) is made, and is there") }
    }

    /// Looks at the host itself, without the planner's own idea of what differs.
    ///
    /// - Returns: what is not as the definitions ask; nil if all is.
    func difference() -> String? {
        var expected: Set<String> = []
        for app in desired {
            let boxes = host.boxes.values.filter {
                $0.container.labels.app == app.definition.name
                    && !living.contains($0.container.name)
            }
            if isStoppedForGood(app.definition.name) {
                if boxes.contains(where: \.isUp) { return "\(app.definition.name) is not down" }
                expected.formUnion(boxes.map(\.volume))
                continue
            }
            for number in 0..<app.definition.run.instances {
                let own = boxes.filter { $0.container.labels.instance == number }
                guard let box = own.first, own.count == 1 else {
                    return "\(app.definition.name)/\(number) has \(own.count) containers"
                }
                expected.insert(box.volume)
                if let fact = unmet(app, number, box) {
                    return "\(app.definition.name)/\(number): not so: \(fact)"
                }
            }
        }
        return leftovers(expected)
    }

    private func unmet(_ app: DesiredApp, _ number: Int, _ box: SimulatedHost.Box) -> String? {
        let run = app.definition.run
        let wanted = InstanceConfiguration(
            app: app.definition.name, instance: number, port: run.port,
            environment: run.environment)
        let settings = box.container.settings
        let port = run.publish.map { "\($0.host):\($0.port + number):\(run.port)" }
        let image = host.images.first { $0.id == settings.imageID }
        let newest = host.images.first { $0.name == app.definition.runImage }
        let facts: [(String, Bool)] = [
            ("memory", settings.memoryBytes == run.memory.bytes),
            ("cpus", settings.nanoCPUs == Int64(run.millicpus) * 1_000_000),
            ("port", settings.ports == (port.map { [$0] } ?? [])),
            (
                "run image",
                image?.inputDigest == pinned(app)?.runImage ?? newest?.inputDigest
            ),
            ("release", pinned(app).map { $0.number == box.container.labels.release } ?? true),
            ("storage", storageFault(app, number, box) == nil),
            ("user", settings.user == ImageStandard.user),
            ("volume's size", host.disks[box.volume]?.limitBytes == run.volume.bytes),
            ("volume mounted", host.disks[box.volume]?.isMounted == true),
            ("layout whole", host.disks[box.volume]?.damagedFolders == []),
            ("network", settings.network == host.naming.network),
            ("it runs", box.container.status == .running && box.program == .running),
            // Without the marks nobody can know that a file was not taken up.
            (Self.configured, box.loaded == wanted.rendered || hasForgotten),
        ]
        return facts.first { !$0.1 }?.0
    }

    private func leftovers(_ expected: Set<String>) -> String? {
        for name in host.disks.keys.sorted() {
            switch host.naming.role(ofVolume: name) {
            case .run(let app, _, _) where isStoppedForGood(app): continue
            case .task: if !living.contains(name) { return "left over: \(name)" }
            case .run, .build: if !expected.contains(name) { return "left over: \(name)" }
            case .artifact, .storage, .storageSnapshot, .storageAside, nil: continue
            }
        }
        let gone = host.boxes.values.filter { box in
            !living.contains(box.container.name)
                && !desired.contains { $0.definition.name == box.container.labels.app }
        }
        if let box = gone.first { return "left over: \(box.container.name)" }
        if host.disks["other.run.web.0.r1"] == nil || host.disks["test.notes"] == nil {
            return "a volume that is not ours is gone"
        }
        return host.networks.count > 1 ? "two networks" : nil
    }
}
