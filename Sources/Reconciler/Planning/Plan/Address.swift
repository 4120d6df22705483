/// The name of a resource, as scripts see it.
package enum Address: Sendable, Hashable, Comparable {
    case build(app: String)
    case instance(app: String, number: Int)
    case volume(app: String, instance: Int, role: String)
    /// A one-off command.
    case task(app: String, id: String)
    /// An artifact, which apps share.
    case artifact(key: String)
    /// An image of the standard, by the engine's id.
    case image(id: String)
    /// The bridge that all containers of the installation are on.
    case network

    /// Nil for what apps share.
    package var app: String? {
        switch self {
        case .build(let app), .instance(let app, _), .volume(let app, _, _),
            .task(let app, _):
            app
        case .artifact, .image, .network: nil
        }
    }

    /// `app/<name>/instance/<n>`.
    package var description: String {
        switch self {
        case .build(let app): "app/\(app)/build"
        case .instance(let app, let number): "app/\(app)/instance/\(number)"
        case .volume(let app, let number, let role):
            "app/\(app)/instance/\(number)/volume/\(role)"
        case .task(let app, let id): "app/\(app)/task/\(id)"
        case .artifact(let key): "artifact/\(key)"
        case .image(let id): "image/\(id)"
        case .network: "network"
        }
    }

    /// Nil for a text that is no address.
    package init?(_ description: String) {
        let parts = description.split(separator: "/", omittingEmptySubsequences: false)
            .map(String.init)
        switch (parts.first, parts.count) {
        case ("network", 1): self = .network
        case ("artifact", 2): self = .artifact(key: parts[1])
        case ("image", 2): self = .image(id: parts[1])
        case ("app", 3) where parts[2] == "build": self = .build(app: parts[1])
        case ("app", 4) where parts[2] == "task": self = .task(app: parts[1], id: parts[3])
        case ("app", 4), ("app", 6):
            guard parts[2] == "instance", let number = Int(parts[3]) else { return nil }
            if parts.count == 4 {
                self = .instance(app: parts[1], number: number)
            } else if parts[4] == "volume" {
                self = .volume(app: parts[1], instance: number, role: parts[5])
            } else {
                return nil
            }
        default: return nil
        }
        // `01` and `1` must not be two texts of one address.
        guard self.description == description else { return nil }
    }

    /// The short form that people read: `blog/0`.
    package var label: String {
        switch self {
        case .build(let app): "\(app)/build"
        case .instance(let app, let number): "\(app)/\(number)"
        case .volume(let app, let number, let role): "\(app)/\(number)/\(role)"
        case .task(let app, let id): "\(app)/task/\(id)"
        case .artifact(let key): "artifact/\(key.prefix(8))"
        case .image(let id): "image/\(id.replacing("sha256:", with: "").prefix(12))"
        case .network: "network"
        }
    }

    private var order: (String, Int, Int, String) {
        switch self {
        case .build(let app): (app, 0, 0, "")
        case .instance(let app, let number): (app, 1, number, "")
        case .volume(let app, let number, let role): (app, 2, number, role)
        case .task(let app, let id): (app, 3, 0, id)
        case .artifact(let key): ("", 3, 0, key)
        case .image(let id): ("", 4, 0, id)
        case .network: ("", 5, 0, "")
        }
    }

    package static func < (left: Self, right: Self) -> Bool { left.order < right.order }
}
