/// Something that happened in the engine: one document of `GET /events`.
package struct EngineEvent: Sendable, Decodable, Equatable {
    /// `container`, `image`, `network` and others.
    package var type: String
    /// For example `start`, `die`, `oom`, `health_status: healthy`.
    package var action: String
    package var actor: Actor
    /// Nanoseconds since 1970.
    package var timeNanoseconds: Int64

    package struct Actor: Sendable, Decodable, Equatable {
        package var id: String
        /// A container's labels, and `name`, `image`, `exitCode`.
        @NullAsEmpty package var attributes: [String: String]

        enum CodingKeys: String, CodingKey {
            case id = "ID"
            case attributes = "Attributes"
        }
    }

    enum CodingKeys: String, CodingKey {
        case type = "Type"
        case action = "Action"
        case actor = "Actor"
        case timeNanoseconds = "timeNano"
    }
}
