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
            guard let instance = plainNumber(parts[3]), parts[4].first == UInt8(ascii: "r"),
                let release = plainNumber(parts[4].dropFirst())
            else { return nil }
            return .run(app: third, instance: instance, release: release)
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
private func plainNumber(_ digits: Substring.UTF8View) -> Int? {
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
}
