import Desired
import Docker
import Host
import Planning
import Volumes

/// A mounted run volume, which holds the log of one instance of one release.
struct LogSource: Hashable, Sendable {
    var instance: Int
    var release: Int
    var mountPoint: String
}

extension Installation {
    /// The mounted run volumes of an app, by instance and release. Asks nothing of the engine.
    func logSources(_ app: String) async throws -> [LogSource] {
        let naming = Naming(installation: file.installation)
        let prefix = "\(naming.volumePrefix)run.\(app)."
        return try await volumes.list(prefix: prefix).compactMap { record -> LogSource? in
            guard case .run(app, let instance, let release)? = naming.role(ofVolume: record.name),
                let mountPoint = record.mountPoint
            else { return nil }
            return LogSource(instance: instance, release: release, mountPoint: mountPoint)
        }.sorted { ($0.instance, $0.release) < ($1.instance, $1.release) }
    }

    /// Of each instance the source that serves: the release that its container runs. Where the
    /// engine cannot tell, the newest.
    func servingSources(_ app: String, among sources: [LogSource]) async -> [LogSource] {
        let labels = [
            "\(Label.installation)=\(file.installation)", "\(Label.app)=\(app)",
            "\(Label.intent)=\(ContainerSpec.Role.run.rawValue)",
        ]
        let containers = (try? await engine.containers(all: true, labels: labels)) ?? []
        var releases: [Int: Int] = [:]
        for container in containers {
            guard let instance = container.labels[Label.instance].flatMap(Int.init),
                let release = container.labels[Label.release].flatMap(Int.init)
            else { continue }
            releases[instance] = max(release, releases[instance] ?? 0)
        }
        let byInstance = Dictionary(grouping: sources, by: \.instance)
        return byInstance.compactMap { instance, own in
            own.first { $0.release == releases[instance] } ?? own.last
        }.sorted { $0.instance < $1.instance }
    }
}
