import Desired
import Observed

/// What an app's instances have to become: its release, and the container of each.
final class Target {
    let definition: AppDefinition
    let release: Release
    /// What the definitions ask for; another one while the app is pinned.
    let headRelease: Release
    /// It is not recorded yet.
    let isNew: Bool
    let buildImage: Image
    private let runImage: Image
    /// The `modplan.spec` of the containers: the same for each instance.
    private let specDigest: String
    private let naming: Naming

    init(_ desired: DesiredApp, in world: World) throws(PlanningError) {
        let app = desired.definition.name
        let definition = desired.definition
        let buildImage = try world.image(definition.buildImage, for: app)
        var runImage = try world.image(definition.runImage, for: app)
        let key = BuildKey.make(
            tree: desired.source.tree, imageDigest: buildImage.inputDigest,
            settings: definition.build)
        let settled = world.containers(of: app).lazy.filter { !$0.labels.isTransient }
        let latest = world.state(of: app).releases.last
        var isKnown = false
        var release: Release
        let headImage = runImage
        func made(_ number: Int) -> Release {
            Release(
                number: number, commit: desired.source.commit, subject: desired.source.subject,
                tree: desired.source.tree, artifact: key, buildImage: buildImage.inputDigest,
                runImage: headImage.inputDigest)
        }
        if let latest, latest.artifact == key, latest.runImage == runImage.inputDigest {
            release = latest
            isKnown = true
        } else if latest == nil,
            let same = settled.first(where: {
                $0.labels.spec == Self.digest(definition, artifact: key, runImage: runImage)
            }), let number = same.labels.release
        {
            // The state was lost; the container says which release it is.
            release = made(number)
            isKnown = true
        } else {
            let numbers =
                settled.compactMap(\.labels.release)
                + world.volumes(of: app).compactMap { entry in
                    switch entry.role {
                    case .run(_, _, let number), .storageSnapshot(_, _, let number): number
                    default: nil
                    }
                } + [latest?.number ?? 0]
            release = made((numbers.max() ?? 0) + 1)
        }
        headRelease = release
        if let pinned = try Self.pinnedRelease(desired, in: world) {
            release = pinned
            isKnown = true
            runImage = try world.image(of: pinned, for: app)
        }
        isNew = !isKnown
        self.definition = definition
        self.release = release
        specDigest = Self.digest(definition, artifact: release.artifact, runImage: runImage)
        self.buildImage = buildImage
        self.runImage = runImage
        naming = world.naming
    }

    var artifactVolume: String { naming.volume(.artifact(key: release.artifact)) }

    func volume(_ instance: Int) -> String {
        naming.volume(
            .run(app: definition.name, instance: instance, release: release.number))
    }

    /// Nil for an app without.
    func storage(_ instance: Int) -> String? {
        definition.run.storage.map { _ in
            naming.volume(.storage(app: definition.name, instance: instance))
        }
    }

    func configuration(_ instance: Int) -> InstanceConfiguration {
        InstanceConfiguration(
            app: definition.name, instance: instance, port: definition.run.port,
            environment: definition.run.environment)
    }

    /// What an instance publishes; instance n gets `port + n`.
    func port(_ instance: Int) -> ContainerPort? {
        definition.run.publish.map {
            ContainerPort(
                host: $0.host, hostPort: $0.port + instance, containerPort: definition.run.port)
        }
    }

    func container(_ role: ContainerSpec.Role, instance: Int) -> ContainerSpec {
        let run = definition.run
        return ContainerSpec(
            name: naming.container(
                role, app: definition.name, instance: instance, release: release.number),
            role: role, app: definition.name, instance: instance, release: release.number,
            imageID: runImage.id, volume: volume(instance), storage: storage(instance),
            memoryBytes: run.memory.bytes,
            nanoCPUs: Int64(run.millicpus) * 1_000_000, processLimit: 256,
            network: naming.network, port: role == .candidate ? nil : port(instance),
            environment: [:],
            digest: specDigest)
    }

    /// What was asked of a container, but for what can change while it lives.
    static func digest(
        _ definition: AppDefinition, artifact: String, runImage: Image
    ) -> String {
        var digest = ContentDigest("modplan container")
        digest.add("version", "1")
        digest.add("artifact", artifact)
        digest.add("image", runImage.inputDigest)
        // The port inside is part of the mapping alone; unpublished, it changes while it lives.
        let publish = definition.run.publish.map {
            "\($0.host):\($0.port):\(definition.run.port)"
        }
        digest.add("publish", publish ?? "")
        // Its size changes while the container lives. Without one, the digest is as it always was.
        if definition.run.storage != nil { digest.add("storage", "\(ImageStandard.storagePath)") }
        return String(digest.hexadecimal.prefix(24))
    }

    /// The settings that an observed container has and should not, by name; a new image with the
    /// same input is the same image.
    func differences(
        of container: Container, from wanted: ContainerSpec, in world: World
    ) -> [String] {
        let found = container.settings
        let ports = wanted.port.map { [$0.description] } ?? []
        var fields: [String] = []
        if world.inputDigest(ofImage: found.imageID) != release.runImage { fields.append("image") }
        if found.mounts != wanted.mounts {
            let suffix = ":\(ImageStandard.storagePath)"
            let others = [found.mounts, wanted.mounts].map { $0.filter { !$0.hasSuffix(suffix) } }
            fields.append(others[0] == others[1] ? "run.storage" : "mounts")
        }
        // A container that is down keeps a network by an id, which a new one would not have.
        if found.network != wanted.network || world.network == nil { fields.append("network") }
        if found.ports != ports { fields.append("run.publish") }
        if !found.hasReadOnlyRoot { fields.append("read-only root") }
        if found.user != ImageStandard.user { fields.append("user") }
        return fields
    }
}

/// Fixed facts of the image standard.
package enum ImageStandard {
    package static let userID: UInt32 = 441
    package static let groupID: UInt32 = 444
    package static let user = "\(userID):\(groupID)"
    /// Where in a run volume the storage is mounted.
    package static let storageFolder = "app-storage"
    package static let storagePath = "/mnt/\(storageFolder)"
    /// The folders of a run volume that belong to the app.
    package static let runFolders = ["app", "home", "log", "notifications", "tmp"]
}
