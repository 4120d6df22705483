/// Names that carry what a resource is, so that it is found again without any state.
package struct Naming: Sendable {
    package let installation: String

    package init(installation: String) { self.installation = installation }

    package var network: String { "modplan-\(installation)" }

    /// What every volume of ours starts with.
    package var volumePrefix: String { "\(installation)." }

    /// What the name of every artifact starts with.
    package var artifactPrefix: String { "\(installation).artifact." }

    package func volume(_ role: VolumeRole) -> String {
        switch role {
        case .build(let app, let key): "\(installation).build.\(app).\(key)"
        case .artifact(let key): "\(artifactPrefix)\(key)"
        case .task(let app, let id): task(app: app, id: id)
        case .run(let app, let instance, let release):
            "\(installation).run.\(app).\(instance).r\(release)"
        case .storage(let app, let instance): "\(installation).storage.\(app).\(instance)"
        case .storageSnapshot(let app, let instance, let release):
            "\(installation).storage.\(app).\(instance).r\(release)"
        case .storageAside(let app, let instance, let number):
            "\(installation).storage.\(app).\(instance).aside\(number)"
        }
    }

    /// Nil for what is not ours.
    package func role(ofVolume name: String) -> VolumeRole? {
        // Bytes: looking for characters costs ten times as much, and every plan does this for every
        // volume.
        let parts = name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count > 2, parts[0].elementsEqual(installation.utf8) else { return nil }
        let third = String(Substring(parts[2]))
        switch (Substring(parts[1]), parts.count) {
        case ("build", 4): return .build(app: third, key: String(Substring(parts[3])))
        case ("artifact", 3): return .artifact(key: third)
        case ("task", 4): return .task(app: third, id: String(Substring(parts[3])))
        case ("run", 5):
            guard let instance = plainNumber(parts[3]),
                let release = plainNumber(parts[4], after: "r")
            else { return nil }
            return .run(app: third, instance: instance, release: release)
        case ("storage", 4):
            return plainNumber(parts[3]).map { .storage(app: third, instance: $0) }
        case ("storage", 5):
            guard let instance = plainNumber(parts[3]) else { return nil }
            if let number = plainNumber(parts[4], after: "aside") {
                return .storageAside(app: third, instance: instance, number: number)
            }
            return plainNumber(parts[4], after: "r").map {
                .storageSnapshot(app: third, instance: instance, release: $0)
            }
        default: return nil
        }
    }

    package func container(
        _ role: ContainerSpec.Role, app: String, instance: Int, release: Int
    ) -> String {
        let suffix = role == .candidate ? ".candidate" : ""
        return "\(installation).\(app).\(instance).r\(release)\(suffix)"
    }

    /// The one name of a task's container, volume and lock. Ids are never used again, so that what
    /// is swept is never a later task's.
    package func task(app: String, id: String) -> String { "\(taskPrefix)\(app).\(id)" }

    /// What the name of every task starts with.
    package var taskPrefix: String { "\(installation).task." }

    package func buildContainer(app: String, key: String) -> String {
        "\(installation).\(app).build.\(key)"
    }
}

/// `01` and `1` must not be two names of one volume.
private func plainNumber(_ text: Substring.UTF8View, after prefix: StaticString = "") -> Int? {
    let count = prefix.utf8CodeUnitCount
    guard text.count > count, prefix.withUTF8Buffer({ text.prefix(count).elementsEqual($0) }) else {
        return nil
    }
    let digits = text.dropFirst(count)
    guard let number = Int(Substring(digits)), String(number).utf8.elementsEqual(digits) else {
        return nil
    }
    return number
}

/// What a volume is for.
package enum VolumeRole: Sendable, Hashable {
    case build(app: String, key: String)
    /// Shared by all apps whose sources, images and settings are the same.
    case artifact(key: String)
    case run(app: String, instance: Int, release: Int)
    /// A one-off command's own copy of a release.
    case task(app: String, id: String)
    /// An instance's data that outlives releases.
    case storage(app: String, instance: Int)
    /// The storage as a release left it.
    case storageSnapshot(app: String, instance: Int, release: Int)
    /// A storage that another one took the place of, and that is no release's.
    case storageAside(app: String, instance: Int, number: Int)

    /// Nil for an artifact, which apps share.
    package var app: String? {
        switch self {
        case .build(let app, _), .run(let app, _, _), .task(let app, _), .storage(let app, _),
            .storageSnapshot(let app, _, _), .storageAside(let app, _, _):
            app
        case .artifact: nil
        }
    }

    /// In lists, and as a tag.
    package var kind: String {
        switch self {
        case .build: "build"
        case .artifact: "artifact"
        case .run: "run"
        case .task: "task"
        case .storage, .storageAside: "storage"
        case .storageSnapshot: "storage-snapshot"
        }
    }

    package var instance: Int? {
        switch self {
        case .run(_, let instance, _), .storage(_, let instance),
            .storageSnapshot(_, let instance, _), .storageAside(_, let instance, _):
            instance
        case .build, .artifact, .task: nil
        }
    }

    package var release: Int? {
        switch self {
        case .run(_, _, let release), .storageSnapshot(_, _, let release): release
        case .build, .artifact, .task, .storage, .storageAside: nil
        }
    }
}
