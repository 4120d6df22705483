/// The engine: `GET /version`.
package struct EngineVersion: Sendable, Decodable, Equatable {
    package var version: String
    package var apiVersion: String
    package var minimumAPIVersion: String
    package var kernelVersion: String

    enum CodingKeys: String, CodingKey {
        case version = "Version"
        case apiVersion = "ApiVersion"
        case minimumAPIVersion = "MinAPIVersion"
        case kernelVersion = "KernelVersion"
    }
}
