package import FoundationEssentials

/// An image in a list: one element of `GET /images/json`.
package struct ImageSummary: Sendable, Decodable, Equatable {
    package var id: String
    /// For example `modplan/run-node:latest`.
    @NullAsEmpty package var tags: [String]
    @NullAsEmpty package var labels: [String: String]
    /// In bytes, layers shared with other images included.
    package var size: Int64

    enum CodingKeys: String, CodingKey {
        case id = "Id"
        case tags = "RepoTags"
        case labels = "Labels"
        case size = "Size"
    }
}

/// An image: `GET /images/{reference}/json`.
package struct Image: Sendable, Decodable, Equatable {
    package var id: String
    @NullAsEmpty package var tags: [String]
    @EngineTime package var created: Date?
    /// In bytes, layers shared with other images included.
    package var size: Int64
    package var config: Config?

    package var labels: [String: String] { config?.labels ?? [:] }

    package struct Config: Sendable, Decodable, Equatable {
        @NullAsEmpty package var labels: [String: String]

        enum CodingKeys: String, CodingKey { case labels = "Labels" }
    }

    enum CodingKeys: String, CodingKey {
        case id = "Id"
        case tags = "RepoTags"
        case created = "Created"
        case size = "Size"
        case config = "Config"
    }
}

/// What to build an image from: the parameters of `POST /build`.
package struct BuildSpec: Sendable, Equatable {
    /// A tar archive with the Dockerfile and all that it copies.
    package var contextPath: String
    /// For example `modplan/run-node:latest`; nil leaves the image without one.
    package var tag: String?
    package var dockerfile = "Dockerfile"
    package var labels: [String: String] = [:]
    package var arguments: [String: String] = [:]
    /// For `RUN` instructions; nil is the engine's default bridge.
    package var networkMode: String?
    /// The stage to stop at; nil is the last.
    package var target: String?
    package var usesCache = true

    package init(contextPath: String, tag: String?) {
        self.contextPath = contextPath
        self.tag = tag
    }
}

/// What a build reports while it runs. Texts come from the build itself: hostile.
package enum BuildProgress: Sendable, Equatable {
    /// Text as it was written; it may end within a line.
    case output(String)
    /// A layer's transfer.
    case status(String)
}
