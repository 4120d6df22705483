/// Of a container, what a plan compares: the rest of the engine's answer costs as much again to
/// decode, and a plan asks for every container.
package struct ContainerFacts: Sendable, Decodable, Equatable {
    package var id: String
    /// With a leading slash, as the engine has it.
    package var slashedName: String
    package var imageID: String
    package var state: Container.State
    package var config: Config
    package var hostConfig: HostConfig
    @NullAsEmpty package var mounts: [Container.MountPoint]
    package var networkSettings: NetworkSettings

    package var name: String { String(slashedName.drop { $0 == "/" }) }

    package struct Config: Sendable, Decodable, Equatable {
        package var user: String

        enum CodingKeys: String, CodingKey { case user = "User" }
    }

    package struct HostConfig: Sendable, Decodable, Equatable {
        /// In bytes; 0 is unlimited.
        package var memory: Int64
        /// In 10⁻⁹ processors; 0 is unlimited.
        package var nanoCPUs: Int64
        package var networkMode: String
        @NullAsEmpty package var portBindings: [String: [PortBinding]?]
        package var readOnlyRootFileSystem: Bool

        enum CodingKeys: String, CodingKey {
            case memory = "Memory"
            case nanoCPUs = "NanoCpus"
            case networkMode = "NetworkMode"
            case portBindings = "PortBindings"
            case readOnlyRootFileSystem = "ReadonlyRootfs"
        }
    }

    package struct NetworkSettings: Sendable, Decodable, Equatable {
        @NullAsEmpty package var networks: [String: Container.NetworkSettings.Endpoint]

        enum CodingKeys: String, CodingKey { case networks = "Networks" }
    }

    enum CodingKeys: String, CodingKey {
        case id = "Id"
        case slashedName = "Name"
        case imageID = "Image"
        case state = "State"
        case config = "Config"
        case hostConfig = "HostConfig"
        case mounts = "Mounts"
        case networkSettings = "NetworkSettings"
    }
}
