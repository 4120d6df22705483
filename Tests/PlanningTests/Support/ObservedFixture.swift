import Desired
import Foundation
import Observed

@testable import Planning

/// `observed.json`: what a hand can write of a snapshot. What is left out is as modplan would have
/// made it.
struct ObservedFixture: Decodable {
    /// Why the engine could not be read.
    var engine: String?
    /// Why the volumes could not be listed.
    var storage: String?
    /// Why the backend has no snapshots that cost next to nothing.
    var noSnapshots: String?
    /// False: our network does not exist.
    var network: Bool?
    /// Input digests of images that are not the first of their name; an empty one: no such image.
    var images: [String: String]?
    /// More of them, none of which has a name.
    var nameless: [ImageFixture]?
    var containers: [ContainerFixture]?
    var volumes: [VolumeFixture]?
    var capacity: CapacityFixture?

    static let imageNames = ["build-java", "build-node", "build-static", "run-java", "run-node"]

    func snapshot(_ resolver: Resolver) throws -> Snapshot {
        let containers = try (containers ?? []).map { try $0.container(resolver) }
        return Snapshot(
            engine: engine.map { .unavailable($0) }
                ?? .read(
                    Engine(
                        containers: containers, images: imageList,
                        network: network == false
                            ? nil : Network(id: "net-1", name: "modplan-\(Resolver.installation)"))),
            volumes: try storage.map { .unavailable($0) }
                ?? .read((volumes ?? []).map { try $0.volume(resolver) }),
            capacity: try capacity?.capacity, obstacleToSnapshots: noSnapshots)
    }

    /// The first image of each name, and those that took over from it.
    private var imageList: [Image] {
        Self.imageNames.flatMap { name -> [Image] in
            let first = Image(id: "sha256:\(name)-1", name: name, inputDigest: "\(name)-1")
            guard let newer = images?[name] else { return [first] }
            guard !newer.isEmpty else { return [] }
            return [
                Image(id: first.id, name: nil, inputDigest: first.inputDigest),
                Image(id: "sha256:\(newer)", name: name, inputDigest: newer),
            ]
        } + (nameless ?? []).map(\.image)
    }
}

/// A pool of 10 GiB.
struct CapacityFixture: Decodable {
    var used: String
    var promised: String?
    var metadata: Double?
    var problem: String?

    var capacity: Capacity {
        get throws {
            Capacity(
                place: "the thin pool vg0/pool", totalBytes: 10 << 30,
                usedBytes: try Resolver.size(used), metadataUsedPercent: metadata,
                promisedBytes: try Resolver.size(promised ?? used), problem: problem)
        }
    }
}

struct ImageFixture: Decodable {
    var input: String
    var parent: String?
    /// Left out for this installation.
    var builtBy: String?
    var isTagged: Bool?

    var image: Image {
        Image(
            id: "sha256:\(input)", name: nil, inputDigest: input,
            builtAs: input.split(separator: "-").dropLast().joined(separator: "-"),
            isTagged: isTagged ?? false,
            builtBy: builtBy ?? Resolver.installation, parent: parent ?? "", bytes: 100 << 20)
    }
}

struct ContainerFixture: Decodable {
    var app: String
    var instance: Int?
    var release: Int?
    /// `run`, `candidate` or `build`.
    var intent: String?
    /// The id of a task.
    var task: String?
    /// The label; left out for the digest of what the definition asks for now.
    var spec: String?
    var status: String?
    var exitCode: Int?
    var finishedAt: String?
    /// An image's input digest, for example `run-node-1`.
    var image: String?
    var memory: String?
    var millicpus: Int?
    var user: String?
    var network: String?
    var port: String?
    /// True: it has the storage of its instance mounted.
    var storage: Bool?
    /// supervisord's word, or `unavailable`.
    var program: String?
    var exitStatus: Int?

    func container(_ resolver: Resolver) throws -> Container {
        let naming = resolver.naming
        if let task { return try self.container(ofTask: naming.task(app: app, id: task), resolver) }
        let isBuild = intent == "build"
        let release = isBuild ? nil : release ?? 1
        let instance = isBuild ? nil : instance ?? 0
        let role: ContainerSpec.Role = intent == "candidate" ? .candidate : .run
        let volume =
            isBuild
            ? naming.volume(.build(app: app, key: "unsealed"))
            : naming.volume(.run(app: app, instance: instance ?? 0, release: release ?? 1))
        let name =
            isBuild
            ? naming.buildContainer(app: app, key: "unsealed")
            : naming.container(role, app: app, instance: instance ?? 0, release: release ?? 1)
        let status = status ?? "running"
        let image = image ?? "\(resolver.definitions[app]?.definition.runImage ?? "run-node")-1"
        return Container(
            id: "id-\(name)", name: name,
            labels: .init(
                app: app, instance: instance, release: release,
                spec: try spec ?? resolver.spec(app: app, release: release, image: image),
                isTransient: ["build", "candidate"].contains(intent)),
            status: .init(rawValue: status), exitCode: exitCode ?? 0, finishedAt: finishedAt,
            settings: .init(
                imageID: "sha256:\(image)", memoryBytes: try Resolver.size(memory ?? "256MiB"),
                nanoCPUs: Int64(millicpus ?? 500) * 1_000_000, user: user ?? "441:444",
                hasReadOnlyRoot: true, network: network ?? naming.network,
                mounts: ["\(volume):/mnt"] + storageMounts(naming), ports: port.map { [$0] } ?? []),
            address: status == "running" ? "172.30.0.2" : nil,
            program: status == "running" && role == .run && !isBuild ? reading : nil)
    }

    private func storageMounts(_ naming: Naming) -> [String] {
        guard storage == true else { return [] }
        let name = naming.volume(.storage(app: app, instance: instance ?? 0))
        return ["\(name):\(ImageStandard.storagePath)"]
    }

    private func container(ofTask name: String, _ resolver: Resolver) throws -> Container {
        Container(
            id: "id-\(name)", name: name,
            labels: .init(
                app: app, instance: nil, release: release ?? 1, spec: "spec-of-a-task",
                isTransient: true),
            status: .init(rawValue: status ?? "running"),
            settings: .init(
                imageID: "sha256:\(image ?? "run-node-1")",
                memoryBytes: try Resolver.size(memory ?? "256MiB"),
                nanoCPUs: Int64(millicpus ?? 500) * 1_000_000, user: user ?? "441:444",
                hasReadOnlyRoot: true, network: resolver.naming.network,
                mounts: ["\(name):/mnt"], ports: []))
    }

    private var reading: Reading<Program> {
        if program == "unavailable" { return .unavailable("no answer on the socket in 2 s") }
        return .read(
            Program(state: .init(rawValue: program ?? "RUNNING"), exitStatus: exitStatus ?? 0))
    }
}

struct VolumeFixture: Decodable {
    /// `app/instance/release` of a run volume.
    var run: String?
    /// The app whose build this is the artifact of, or a key.
    var artifact: String?
    /// The tree of the artifact, if it is not the app's present one.
    var tree: String?
    /// The app of a build volume.
    var build: String?
    /// `app/id` of a task's volume.
    var task: String?
    /// `app/instance` of a storage, `app/instance/release` of a snapshot of one.
    var storage: String?
    /// A name that is nothing of ours.
    var foreign: String?
    var mounted: Bool?
    var port: Int?
    var environment: [String: String]?
    /// A line that a hand has added to supervisor.conf.
    var addedLine: String?
    var damaged: [String]?
    /// Why its content could not be read.
    var unreadable: String?
    var limit: String?
    var notifications: [NotificationFixture]?

    func volume(_ resolver: Resolver) throws -> Volume {
        let name = try name(resolver)
        let isMounted =
            mounted
            ?? (storage?.split(separator: "/").count == 2 || run != nil || build != nil
                || task != nil)
        return Volume(
            name: name, limitBytes: try limit.map(Resolver.size) ?? 1 << 30, usedBytes: 1 << 20,
            isMounted: isMounted,
            contents: run != nil && isMounted ? try contents : nil)
    }

    private func name(_ resolver: Resolver) throws -> String {
        if let foreign { return foreign }
        if let parts = task?.split(separator: "/").map(String.init), parts.count == 2 {
            return resolver.naming.volume(.task(app: parts[0], id: parts[1]))
        }
        if let parts = storage?.split(separator: "/").map(String.init), parts.count > 1 {
            let instance = Int(parts[1]) ?? 0
            guard parts.count > 2 else {
                return resolver.naming.volume(.storage(app: parts[0], instance: instance))
            }
            return resolver.naming.volume(
                .storageSnapshot(
                    app: parts[0], instance: instance, release: Int(parts[2]) ?? 0))
        }
        if let build { return resolver.naming.volume(.build(app: build, key: "unsealed")) }
        if let artifact {
            let key = try? resolver.key(app: artifact, tree: tree)
            return resolver.naming.volume(.artifact(key: key ?? artifact))
        }
        let place = try Place(run)
        return resolver.naming.volume(
            .run(app: place.app, instance: place.instance, release: place.release))
    }

    private var contents: Reading<RunVolumeContents> {
        get throws {
            if let unreadable { return .unavailable(unreadable) }
            let place = try Place(run)
            let configuration = InstanceConfiguration(
                app: place.app, instance: place.instance, port: port ?? 8080,
                environment: environment ?? [:])
            return .read(
                RunVolumeContents(
                    configuration: configuration.rendered + Array((addedLine ?? "").utf8),
                    damagedFolders: damaged ?? [],
                    notifications: try (notifications ?? []).map { try $0.notification }))
        }
    }

    private struct Place {
        var app: String
        var instance: Int
        var release: Int

        init(_ text: String?) throws {
            let parts = (text ?? "").split(separator: "/").map(String.init)
            guard parts.count == 3, let instance = Int(parts[1]), let release = Int(parts[2]) else {
                throw FixtureError("a run volume is app/instance/release, not \(text ?? "nothing")")
            }
            (app, self.instance, self.release) = (parts[0], instance, release)
        }
    }
}

struct NotificationFixture: Decodable {
    var file: String
    var kind: String
    var signal: Int?
    var exitStatus: Int?
    var at: String
    var isFatal: Bool?
    var limit: String?
    var peak: String?

    var notification: Observed.Notification {
        get throws {
            guard let kind = Observed.Notification.Kind(rawValue: kind) else {
                throw FixtureError("no notification is a '\(kind)'")
            }
            return Observed.Notification(
                file: file, kind: kind, process: "app",
                end: signal.map { .signal($0) } ?? exitStatus.map { .exitStatus($0) }, at: at,
                from: "RUNNING", isFatal: isFatal ?? false,
                limitBytes: try limit.map(Resolver.size), peakBytes: try peak.map(Resolver.size))
        }
    }
}

struct FixtureError: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) { self.description = description }
}
