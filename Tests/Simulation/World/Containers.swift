import Desired
import Execution
import Observed
import Planning

/// The engine as the real adapter meets it: what is there already, or gone already, is no error.
struct SimulatedContainers: ContainerEffects {
    let world: World

    func createNetwork(_ name: String) async throws {
        try await world.effect(.network, "create network") {
            let isThere = world.host.networks.contains { $0.name == name }
            if isThere && world.bug != .networkMadeBlindly { return world.seesAnew(name) }
            world.host.networks.append(Network(id: world.host.newID("net"), name: name))
            if world.host.networks.count > 1 { world.violate("two networks of one name") }
        }
    }

    func removeNetwork(_ id: String) async throws {
        try await world.effect(.network, "remove network") {
            guard !world.host.boxes.values.contains(where: \.isUp) else {
                throw Refused(description: "network in use")
            }
            world.host.networks.removeAll { $0.id == id }
        }
    }

    func removeImage(_ id: String) async throws {
        try await world.effect(.container, "image \(id)") {
            guard let image = world.host.images.first(where: { $0.id == id }) else { return }
            guard !image.isTagged else { throw Refused(description: "it has a name") }
            guard !world.host.boxes.values.contains(where: { $0.container.settings.imageID == id })
            else { throw Refused(description: "a container uses it") }
            world.host.images.removeAll { $0.id == id }
            world.willPrune(image)
        }
    }

    func create(_ spec: ContainerSpec) async throws {
        try await world.effect(.container, "create \(spec.name)") { try make(spec) }
    }

    private func make(_ spec: ContainerSpec) throws {
        guard world.host.disks[spec.volume]?.isMounted == true else {
            throw Refused(description: "\(spec.volume) is not mounted")
        }
        if let storage = spec.storage { try requireMounted(storage) }
        if world.host.boxes.values.contains(where: { $0.container.name == spec.name }) {
            world.seesAnew(spec.name)
            guard world.bug == .madeTwiceIsFine else {
                throw Refused(description: "\(spec.name): the name is taken")
            }
            return
        }
        guard world.host.images.contains(where: { $0.id == spec.imageID }) else {
            if world.pruned.contains(spec.imageID) && !world.wasMisled {
                world.violate("\(spec.imageID) was pruned, and \(spec.name) was to be made of it")
            }
            throw Refused(description: "no such image")
        }
        let id = world.host.newID("box")
        let container = Container(
            id: id, name: spec.name,
            labels: .init(
                app: spec.app, instance: spec.instance, release: spec.release, spec: spec.digest,
                isTransient: spec.role != .run),
            status: .created,
            settings: .init(
                imageID: spec.imageID, memoryBytes: spec.memoryBytes, nanoCPUs: spec.nanoCPUs ?? 0,
                user: ImageStandard.user, hasReadOnlyRoot: true, network: spec.network,
                mounts: spec.mounts, ports: spec.port.map { [$0.description] } ?? []))
        world.host.boxes[id] = .init(
            container: container, volume: spec.volume, storage: spec.storage,
            isBroken: world.isBroken(spec))
    }

    func start(_ container: ContainerReference) async throws {
        try await world.effect(.container, "start \(container.key)") {
            guard let box = world.host.find(container) else {
                throw Refused(description: "no such container: \(container.key)")
            }
            try begin(box)
        }
    }

    private func begin(_ found: SimulatedHost.Box) throws {
        var box = found
        let id = box.container.id
        if box.container.status == .running {
            if world.bug == .madeTwiceIsFine { return }
            throw Refused(description: "it runs already")
        }
        guard [.created, .exited].contains(box.container.status) else {
            throw Refused(description: "cannot be started: \(box.container.status.rawValue)")
        }
        let disk = world.host.disks[box.volume]
        if world.bug != .startWithoutItsVolume {
            guard disk?.isMounted == true else {
                throw Refused(description: "\(box.volume) is not mounted")
            }
        }
        if let storage = box.storage {
            try requireMounted(storage)
            let isShared = world.host.users(of: storage).contains { $0.container.id != id }
            if isShared && world.bug != .storageShared {
                throw Refused(description: "another container runs on \(storage)")
            }
        }
        guard !world.host.networks.isEmpty else { throw Refused(description: "no network") }
        let isTaken = world.host.boxes.values.contains { other in
            other.isUp && other.container.id != id
                && other.container.settings.ports.contains { port in
                    box.container.settings.ports.contains { SimulatedHost.collide($0, port) }
                }
        }
        guard !isTaken else { throw Refused(description: "the port is taken") }
        world.willStart(box, disk)
        world.willWrite(box)
        box.container.status = .running
        box.loaded = disk?.configuration
        let isWhole = disk?.configuration != nil && disk?.damagedFolders == []
        box.program = box.isBroken || !isWhole ? .fatal : .running
        world.host.boxes[id] = box
    }

    private func requireMounted(_ volume: String) throws {
        guard world.host.disks[volume]?.isMounted == true else {
            throw Refused(description: "\(volume) is not mounted")
        }
    }

    func stop(_ container: ContainerReference) async throws {
        try await world.effect(.container, "stop \(container.key)") {
            guard let box = world.host.find(container), box.isUp else { return }
            world.willEnd(box)
            world.host.boxes[box.container.id]?.container.status = .exited
            world.host.boxes[box.container.id]?.program = .stopped
        }
    }

    func remove(_ container: ContainerReference) async throws {
        try await world.effect(.container, "remove \(container.key)") {
            guard let box = world.host.find(container) else { return }
            world.willEnd(box)
            world.host.boxes[box.container.id] = nil
        }
    }

    func updateLimits(
        _ container: ContainerReference, memoryBytes: Int64, nanoCPUs: Int64
    ) async throws {
        try await world.effect(.container, "limits \(container.key)") {
            guard let box = world.host.find(container) else {
                throw Refused(description: "no such container")
            }
            let isInUse = box.container.status == .running && box.program == .running
            guard !isInUse || memoryBytes >= box.container.settings.memoryBytes else {
                throw Refused(description: "the limit is below what is in use")
            }
            world.host.boxes[box.container.id]?.container.settings.memoryBytes = memoryBytes
            world.host.boxes[box.container.id]?.container.settings.nanoCPUs = nanoCPUs
        }
    }

    func runBuild(
        _ spec: ContainerSpec, timeoutSeconds: Int64, output: @escaping @Sendable (String) -> Void
    ) async throws {
        try await world.effect(.build, "create \(spec.name)") {
            try make(spec)
            world.host.disks[spec.volume]?.content = .built(whole: false)
        }
        do {
            try await world.effect(.build, "run \(spec.name)") {
                guard world.host.disks[spec.volume]?.isMounted == true else {
                    throw Refused(description: "\(spec.volume) is not mounted")
                }
                world.host.disks[spec.volume]?.content = .built(whole: true)
            }
            try await world.effect(.build, "end \(spec.name)") { drop(spec.name) }
        } catch {
            guard !(error is Crash) else { throw error }
            // As the real one: a failed build leaves nothing, as far as that can be had.
            try? await world.effect(.build, "clean \(spec.name)") {
                drop(spec.name)
                world.host.disks[spec.volume] = nil
            }
            throw error
        }
    }

    func runTask(_ spec: ContainerSpec, _ console: TaskConsole) async throws -> Int {
        throw Refused(description: "tasks here are made by hand: see World+Tasks")
    }

    private func drop(_ name: String) {
        for box in world.host.boxes.values where box.container.name == name {
            world.host.boxes[box.container.id] = nil
        }
    }
}

struct SimulatedPrograms: ProgramEffects {
    let world: World

    private func running(_ container: ContainerReference) throws -> SimulatedHost.Box {
        guard let box = world.host.find(container), box.container.status == .running else {
            throw Refused(description: "\(container.key) does not run")
        }
        if world.unknown.contains(box.container.id) && !world.isConcurrent && !world.wasMisled {
            world.violate("\(box.container.name): nobody knew how its program fares")
        }
        return box
    }

    func update(_ container: ContainerReference) async throws {
        try await world.effect(.program, "update \(container.key)") {
            let box = try running(container)
            let configuration = world.host.disks[box.volume]?.configuration
            if box.loaded != configuration || box.program == .stopped && box.loaded == nil {
                world.host.boxes[box.container.id]?.program = box.isBroken ? .fatal : .running
            }
            world.host.boxes[box.container.id]?.loaded = configuration
        }
    }

    func start(_ container: ContainerReference) async throws {
        try await world.effect(.program, "start program \(container.key)") {
            let box = try running(container)
            world.host.boxes[box.container.id]?.program = box.isBroken ? .fatal : .running
        }
    }

    func stop(_ container: ContainerReference) async throws {
        try await world.effect(.program, "stop program \(container.key)") {
            let box = try running(container)
            world.host.boxes[box.container.id]?.program = .stopped
        }
    }

    func awaitReady(
        _ container: ContainerReference, volume: String, port: Int, _ check: ReadyCheck
    ) async throws {
        try await world.effect(.ready, "ready \(container.key)", mutates: false) {
            guard let box = world.host.find(container), box.container.status == .running,
                box.program == .running
            else { throw Refused(description: "not ready") }
        }
    }
}
