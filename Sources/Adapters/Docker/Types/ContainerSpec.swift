/// What a container is created from: the body of `POST /containers/create`.
package struct ContainerSpec: Sendable, Encodable, Equatable {
    /// An image's id or reference; by id the engine's list is several times faster.
    package var image: String
    /// `uid:gid`.
    package var user: String
    /// Nil keeps the image's.
    package var entrypoint: [String]?
    /// Nil keeps the image's.
    package var command: [String]?
    package var environment: [String: String] = [:]
    package var labels: [String: String] = [:]
    /// For example `8080/tcp`.
    package var exposedPorts: Set<String> = []
    /// Seconds between SIGTERM and SIGKILL when a stop names no other.
    package var stopTimeoutSeconds: Int64?
    package var hostConfig: HostConfig

    package init(image: String, user: String, hostConfig: HostConfig) {
        self.image = image
        self.user = user
        self.hostConfig = hostConfig
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(image, forKey: .image)
        try container.encode(user, forKey: .user)
        try container.encodeIfPresent(entrypoint, forKey: .entrypoint)
        try container.encodeIfPresent(command, forKey: .command)
        try container.encode(
            environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" },
            forKey: .environment)
        try container.encode(labels, forKey: .labels)
        try container.encode(
            Dictionary(uniqueKeysWithValues: exposedPorts.map { ($0, [String: String]()) }),
            forKey: .exposedPorts)
        try container.encodeIfPresent(stopTimeoutSeconds, forKey: .stopTimeoutSeconds)
        try container.encode(hostConfig, forKey: .hostConfig)
    }

    enum CodingKeys: String, CodingKey {
        case image = "Image"
        case user = "User"
        case entrypoint = "Entrypoint"
        case command = "Cmd"
        case environment = "Env"
        case labels = "Labels"
        case exposedPorts = "ExposedPorts"
        case stopTimeoutSeconds = "StopTimeout"
        case hostConfig = "HostConfig"
    }
}
