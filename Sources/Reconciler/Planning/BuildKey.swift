import Desired

/// What makes two builds the same build. Never the commit: the same tree is never built twice.
enum BuildKey {
    /// Raised when what modplan does with a build's output changes.
    private static let version = "1"

    static func make(tree: String, imageDigest: String, settings: BuildSettings) -> String {
        var digest = start(tree: tree, imageDigest: imageDigest, settings: settings)
        for (name, value) in settings.environment.sorted(by: { $0.key < $1.key }) {
            digest.add("environment", "\(name)=\(value)")
        }
        return String(digest.hexadecimal.prefix(24))
    }

    /// For the build container's label: environment values stay out of it.
    static func label(tree: String, imageDigest: String, settings: BuildSettings) -> String {
        let digest = start(tree: tree, imageDigest: imageDigest, settings: settings)
        return String(digest.hexadecimal.prefix(24))
    }

    private static func start(
        tree: String, imageDigest: String, settings: BuildSettings
    ) -> ContentDigest {
        var digest = ContentDigest("modplan build key")
        digest.add("version", version)
        digest.add("tree", tree)
        digest.add("image", imageDigest)
        digest.add("volume", "\(settings.volume.bytes)")
        digest.add("memory", "\(settings.memory.bytes)")
        digest.add("timeout", "\(settings.timeout.seconds)")
        digest.add("network", settings.network.rawValue)
        return digest
    }
}
