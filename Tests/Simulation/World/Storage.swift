import Execution
import Observed
import Planning
import Volumes

/// Volumes as the real backends meet them.
struct SimulatedVolumes: VolumeStore {
    let world: World

    func mountPoint(of name: String) -> String { "/mounts/\(name)" }

    private func effect<Value>(
        _ operation: String, _ name: String, mutates: Bool = true, _ body: () throws -> Value
    ) async throws(VolumeError) -> Value {
        do {
            return try await world.effect(
                .volume, "\(operation) \(name)", mutates: mutates, body)
        } catch {
            throw VolumeError(operation, name, "\(error)")
        }
    }

    func survey(prefix: String) async throws(VolumeError) -> VolumeSurvey {
        throw VolumeError("list", prefix, "the simulated observer looks by itself")
    }

    func read(
        _ path: String, of artifact: String, limit: Int
    ) async throws(VolumeError) -> [UInt8]? { nil }

    func create(_ name: String, limit: Int64) async throws(VolumeError) {
        try await effect("create", name) {
            try requireNew(name)
            world.host.disks[name] = .init(limitBytes: limit)
        }
    }

    private func requireNew(_ name: String) throws {
        guard world.host.disks[name] != nil else { return }
        world.seesAnew(name)
        guard world.bug == .madeTwiceIsFine else {
            throw Refused(description: "it is there already")
        }
        world.violate("\(name) is written over")
    }

    func seal(
        _ name: String, folder: String, renamed: String, artifact: String
    ) async throws(VolumeError) {
        try await effect("seal", name) {
            guard let disk = world.host.disks[name], disk.isMounted else {
                throw Refused(description: "not mounted")
            }
            if disk.content != .built(whole: true) {
                world.violate("\(name) is sealed and its build did not end well")
            }
            world.host.disks[name] = nil
            guard world.host.disks[artifact] == nil else { return world.seesAnew(artifact) }
            world.host.disks[artifact] = .init(
                limitBytes: 1 << 20, content: .artifact, tree: disk.tree)
        }
    }

    func snapshot(_ origin: String, as name: String, limit: Int64) async throws(VolumeError) {
        try await effect("snapshot", name) {
            guard let disk = world.host.disks[origin] else {
                if world.pruned.contains(origin) && !world.wasMisled {
                    world.violate("\(origin) was pruned, and \(name) was to be made of it")
                }
                throw Refused(description: "no such volume: \(origin)")
            }
            try requireNew(name)
            if world.isStorage(origin) { return try world.copyStorage(origin, name, limit) }
            guard disk.content == .artifact else {
                world.violate("\(name) is made of what is no artifact")
                return
            }
            world.host.disks[name] = .init(limitBytes: limit, content: .app, tree: disk.tree)
        }
    }

    func obstacleToSnapshots() async -> String? { nil }

    func rename(_ name: String, to other: String) async throws(VolumeError) {
        try await effect("rename", name) {
            guard let disk = world.host.disks[name] else {
                if world.host.disks[other] != nil { return }
                throw Refused(description: "no such volume")
            }
            guard world.host.disks[other] == nil else {
                throw Refused(description: "\(other) is there already")
            }
            guard !disk.isMounted, world.host.users(of: name).isEmpty else {
                throw Refused(description: "it is mounted")
            }
            world.willBecome(other, disk.data)
            world.host.disks[name] = nil
            world.host.disks[other] = disk
        }
    }

    func mount(_ name: String) async throws(VolumeError) {
        try await effect("mount", name) {
            guard world.host.disks[name] != nil else {
                throw Refused(description: "no such volume")
            }
            world.host.disks[name]?.isMounted = true
        }
    }

    func unmount(_ name: String) async throws(VolumeError) {
        try await effect("unmount", name) {
            // A container that is up has a mount of its own: the file system lives on.
            world.host.disks[name]?.isMounted = false
            guard world.host.users(of: name).isEmpty else {
                if !world.wasMisled { world.violate("\(name) is unmounted under a container") }
                throw Refused(description: "still in use 10 s after the umount")
            }
        }
    }

    func grow(_ name: String, limit: Int64) async throws(VolumeError) {
        try await effect("grow", name) {
            guard let disk = world.host.disks[name] else {
                throw Refused(description: "no such volume")
            }
            guard disk.limitBytes <= limit else {
                throw Refused(description: "it is never made smaller")
            }
            world.host.disks[name]?.limitBytes = limit
        }
    }

    func trim(_ name: String) async throws(VolumeError) {
        try await effect("trim", name) {}
    }

    func remove(_ name: String) async throws(VolumeError) {
        try await effect("remove", name) {
            guard let disk = world.host.disks[name] else { return }
            switch world.host.naming.role(ofVolume: name) {
            case .task(let app, _)?: world.requireDead(name, of: app)
            case .artifact(let key)?: world.willPrune(artifact: key)
            default: break
            }
            if world.host.naming.role(ofVolume: name) == nil {
                world.violate("\(name) is not ours and was removed")
            }
            let isInUse = disk.isMounted || !world.host.users(of: name).isEmpty
            if isInUse && world.bug != .volumeRemovedBlindly {
                throw Refused(description: "it is mounted")
            }
            if isInUse { world.violate("\(name) is removed in use") }
            world.willRemove(name)
            world.host.disks[name] = nil
            world.loseMail(of: name)
        }
    }
}

struct SimulatedVolumeFiles: FileEffects {
    let world: World

    private func mounted(_ volume: String) throws {
        guard world.host.disks[volume]?.isMounted == true else {
            throw Refused(description: "\(volume) is not mounted")
        }
    }

    func writeSource(_ source: SourceTree, into volume: String) async throws {
        try await world.effect(.file, "source \(volume)") {
            try mounted(volume)
            world.host.disks[volume]?.content = .source
            world.host.disks[volume]?.tree = source.tree
        }
    }

    func repairLayout(of volume: String) async throws {
        try await world.effect(.file, "layout \(volume)") {
            try mounted(volume)
            world.host.disks[volume]?.damagedFolders = []
        }
    }

    func layOutStorage(_ storage: String, beneath volume: String) async throws {
        try await world.effect(.file, "lay-out \(storage)") {
            try mounted(storage)
            try mounted(volume)
            world.host.disks[storage]?.isOwned = true
        }
    }

    func writeConfiguration(_ bytes: [UInt8], to volume: String) async throws {
        try await world.effect(.file, "configuration \(volume)") {
            try mounted(volume)
            world.host.disks[volume]?.configuration = bytes
        }
    }
}

extension SimulatedVolumeFiles {
    func writeTask(_ bytes: [UInt8], to volume: String) async throws {
        throw Refused(description: "tasks here are made by hand: see World+Tasks")
    }
}

struct SimulatedMail: MailEffects {
    let world: World

    func clear(
        _ notifications: [String], aside strangers: [String], on volume: String
    ) async throws {
        try await world.effect(.mail, "clear \(volume)") {
            for gone in world.host.disks[volume]?.notifications ?? []
            where notifications.contains(gone.file) {
                world.removedMail.append((volume, gone))
            }
            world.host.disks[volume]?.notifications.removeAll { notifications.contains($0.file) }
        }
    }
}
