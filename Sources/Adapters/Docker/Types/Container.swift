package import FoundationEssentials

/// `created`, `running`, `exited` and others; the engine may add to them.
package struct ContainerStatus: RawRepresentable, Sendable, Codable, Hashable {
    package var rawValue: String

    package init(rawValue: String) { self.rawValue = rawValue }

    package static let created = ContainerStatus(rawValue: "created")
    package static let running = ContainerStatus(rawValue: "running")
    package static let paused = ContainerStatus(rawValue: "paused")
    package static let restarting = ContainerStatus(rawValue: "restarting")
    package static let removing = ContainerStatus(rawValue: "removing")
    package static let exited = ContainerStatus(rawValue: "exited")
    package static let dead = ContainerStatus(rawValue: "dead")
}

/// A container in a list: one element of `GET /containers/json`.
package struct ContainerSummary: Sendable, Decodable, Equatable {
    package var id: String
    /// Each with a leading slash, as the engine has them.
    @NullAsEmpty package var names: [String]
    /// As it was asked for at creation: an id or a reference.
    package var image: String
    package var imageID: String
    @NullAsEmpty package var labels: [String: String]
    package var state: ContainerStatus
    @NullAsEmpty package var mounts: [Container.MountPoint]

    enum CodingKeys: String, CodingKey {
        case id = "Id"
        case names = "Names"
        case image = "Image"
        case imageID = "ImageID"
        case labels = "Labels"
        case state = "State"
        case mounts = "Mounts"
    }
}

/// A container: `GET /containers/{id}/json`.
package struct Container: Sendable, Decodable, Equatable {
    package var id: String
    /// With a leading slash, as the engine has it.
    package var slashedName: String
    @EngineTime package var created: Date?
    package var imageID: String
    package var state: State
    package var config: Config
    package var hostConfig: HostConfig
    @NullAsEmpty package var mounts: [MountPoint]
    package var networkSettings: NetworkSettings

    package var name: String { String(slashedName.drop { $0 == "/" }) }

    enum CodingKeys: String, CodingKey {
        case id = "Id"
        case slashedName = "Name"
        case created = "Created"
        case imageID = "Image"
        case state = "State"
        case config = "Config"
        case hostConfig = "HostConfig"
        case mounts = "Mounts"
        case networkSettings = "NetworkSettings"
    }
}

extension Container {
    package struct State: Sendable, Decodable, Equatable {
        package var status: ContainerStatus
        /// In the host's namespace; 0 when it does not run.
        package var pid: Int32
        /// Of the last run; 0 before the first.
        package var exitCode: Int
        /// Says nothing about one process of many: a child's death counts, now or at the stop.
        package var isOOMKilled: Bool
        /// Why the last start failed; else empty.
        package var error: String
        @EngineTime package var startedAt: Date?
        @EngineTime package var finishedAt: Date?

        enum CodingKeys: String, CodingKey {
            case status = "Status"
            case pid = "Pid"
            case exitCode = "ExitCode"
            case isOOMKilled = "OOMKilled"
            case error = "Error"
            case startedAt = "StartedAt"
            case finishedAt = "FinishedAt"
        }
    }

    package struct Config: Sendable, Decodable, Equatable {
        package var user: String
        @NullAsEmpty package var labels: [String: String]
        /// `NAME=value` each, the image's own included. Values may be secret.
        @NullAsEmpty package var environment: [String]
        @NullAsEmpty package var entrypoint: [String]
        @NullAsEmpty package var command: [String]
        package var stopTimeoutSeconds: Int64?

        enum CodingKeys: String, CodingKey {
            case user = "User"
            case labels = "Labels"
            case environment = "Env"
            case entrypoint = "Entrypoint"
            case command = "Cmd"
            case stopTimeoutSeconds = "StopTimeout"
        }
    }

    /// A mount as it is, where `HostConfig.mounts` is as it was asked for.
    package struct MountPoint: Sendable, Decodable, Equatable {
        package var type: String
        package var source: String
        package var destination: String
        package var isWritable: Bool
        package var propagation: String

        enum CodingKeys: String, CodingKey {
            case type = "Type"
            case source = "Source"
            case destination = "Destination"
            case isWritable = "RW"
            case propagation = "Propagation"
        }
    }

    package struct NetworkSettings: Sendable, Decodable, Equatable {
        /// By network name.
        @NullAsEmpty package var networks: [String: Endpoint]
        /// By port, for example `8080/tcp`; empty while the container does not run.
        @NullAsEmpty package var ports: [String: [PortBinding]?]

        package struct Endpoint: Sendable, Decodable, Equatable {
            package var networkID: String
            /// Empty while the container does not run.
            package var ipAddress: String

            enum CodingKeys: String, CodingKey {
                case networkID = "NetworkID"
                case ipAddress = "IPAddress"
            }
        }

        enum CodingKeys: String, CodingKey {
            case networks = "Networks"
            case ports = "Ports"
        }
    }
}
