/// A network: an element of `GET /networks`.
package struct Network: Sendable, Decodable, Equatable {
    package var id: String
    package var name: String
    package var driver: String
    @NullAsEmpty package var options: [String: String]
    @NullAsEmpty package var labels: [String: String]

    enum CodingKeys: String, CodingKey {
        case id = "Id"
        case name = "Name"
        case driver = "Driver"
        case options = "Options"
        case labels = "Labels"
    }
}

/// A network to create: the body of `POST /networks/create`.
package struct NetworkSpec: Sendable, Encodable, Equatable {
    package var name: String
    package var driver = "bridge"
    package var options: [String: String]
    package var labels: [String: String]
    /// Refuses a second network of the same name, which the engine otherwise allows.
    let checkDuplicate = true

    /// A bridge whose containers reach out, and not each other.
    package static func isolatedBridge(name: String, labels: [String: String]) -> NetworkSpec {
        NetworkSpec(
            name: name, options: ["com.docker.network.bridge.enable_icc": "false"], labels: labels)
    }

    enum CodingKeys: String, CodingKey {
        case name = "Name"
        case driver = "Driver"
        case options = "Options"
        case labels = "Labels"
        case checkDuplicate = "CheckDuplicate"
    }
}
