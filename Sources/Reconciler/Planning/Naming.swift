/// Names that carry what a resource is, so that it is found again without any state.
package struct Naming: Sendable {
    package let installation: String

    package init(installation: String) { self.installation = installation }

    package var network: String { "modplan-\(installation)" }

    /// What every volume of ours starts with.
    package var volumePrefix: String { "\(installation)." }

    package func volume(_ role: VolumeRole) -> String {
        switch role {
        case .build(let app, let key): "\(installation).build.\(app).\(key)"
        case .artifact(let key): "\(installation).artifact.\(key)"
        case .task(let app, let id): task(app: app, id: id)
        case .run(let app, let instance, let release):
            "\(installation).run.\(app).\(instance).r\(release)"
        }
    }

    /// Nil for what is not ours.
    package func role(ofVolume name: String) -> VolumeRole? {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard parts.first == installation, parts.count > 2 else { return nil }
        let role: VolumeRole? =
            switch (parts[1], parts.count) {
            case ("build", 4): .build(app: parts[2], key: parts[3])
            case ("artifact", 3): .artifact(key: parts[2])
            case ("task", 4): .task(app: parts[2], id: parts[3])
            case ("run", 5):
                if let instance = Int(parts[3]), parts[4].hasPrefix("r"),
                    let release = Int(parts[4].dropFirst())
                {
                    .run(app: parts[2], instance: instance, release: release)
                } else {
                    nil
                }
            default: nil
            }
        // `01` and `1` must not be two names of one volume.
        guard let role, volume(role) == name else { return nil }
        return role
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

/// What a volume is for.
package enum VolumeRole: Sendable, Hashable {
    case build(app: String, key: String)
    /// Shared by all apps whose sources, images and settings are the same.
    case artifact(key: String)
    case run(app: String, instance: Int, release: Int)
    /// A one-off command's own copy of a release.
    case task(app: String, id: String)
}
