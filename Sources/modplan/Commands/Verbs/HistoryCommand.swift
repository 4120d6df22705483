import ArgumentParser
import Collection
import Desired
import Observed
import Planning
import State

struct HistoryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "Show an app's releases, the newest first.")

    @OptionGroup var common: CommonOptions
    @Argument(help: "The app.", completion: .apps) var app: String
    @Flag(help: "Print one JSON document.") var json = false

    func run() async throws {
        let installation = try Installation(common)
        try await installation.requireKnown(app)
        let state = try installation.store.state(of: app)
        let observed = await installation.collector.collect()
        for failure in [observed.engine.failure, observed.volumes.failure] {
            if let failure { Output.chatter("modplan: warning: \(failure)") }
        }
        let document = HistoryDocument(
            state, observed, Naming(installation: installation.file.installation))
        if json {
            try Output.json(document)
        } else {
            Output.result(document.text)
        }
    }
}

struct HistoryDocument: Encodable {
    enum State: String, Encodable {
        /// An instance runs on it.
        case running
        /// Its artifact and its run image are there: a rollback can go there, and builds nothing.
        case kept
        /// One of the two is gone, and no rollback goes there.
        case gone
        /// What would tell could not be observed.
        case unknown
    }

    struct Release: Encodable {
        var number: Int
        var state: State
        /// The app was rolled back to it, and stays there.
        var pinned: Bool
        /// Of the instances that run on it.
        var instances: [Int]
        var commit: String
        var subject: String
        var tree: String
        /// When it was recorded, RFC 3339; nil for one that an older modplan recorded.
        var at: String?
        /// The digest of the plan that made it.
        var plan: String?
        var artifact: String
        /// What the artifact takes up on the host; nil where it is gone.
        var artifactBytes: Int64?
        /// What the build chose, for example node 22.20.0.
        var runtime: [String: String]?
    }

    var formatVersion = 1
    var app: String
    /// The newest first.
    var releases: [Release]

    init(_ known: AppState, _ observed: Snapshot, _ naming: Naming) {
        let app = known.app
        self.app = app
        let images = observed.engine.value.map { Set($0.images.map(\.inputDigest)) }
        let running = observed.engine.value?.containers.filter {
            $0.labels.app == app && $0.status == .running && !$0.labels.isTransient
        }
        let volumes = observed.volumes.value.map { volumes in
            Dictionary(volumes.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        }
        releases = known.releases.sorted { $0.number > $1.number }.map { release in
            let instances = running?.filter { $0.labels.release == release.number }
                .compactMap(\.labels.instance).sorted()
            let artifact = volumes?[naming.volume(.artifact(key: release.artifact))]
            let state: State =
                if let instances, !instances.isEmpty {
                    .running
                } else if running == nil || volumes == nil {
                    .unknown
                } else {
                    artifact != nil && images?.contains(release.runImage) == true ? .kept : .gone
                }
            return Release(
                number: release.number, state: state, pinned: known.pin?.release == release.number,
                instances: instances ?? [],
                commit: release.commit, subject: release.subject, tree: release.tree,
                at: release.at, plan: release.plan, artifact: release.artifact,
                artifactBytes: artifact?.usedBytes, runtime: release.runtime)
        }
    }

    var text: String {
        guard !releases.isEmpty else { return "\(app) has no release yet.\n" }
        var rows = [["RELEASE", "STATE", "WHEN", "COMMIT", "TREE", "SIZE", "PLAN", "SUBJECT"]]
        for release in releases {
            rows.append([
                "\(release.number)", release.state.rawValue + (release.pinned ? ", pinned" : ""),
                release.at ?? "-",
                String(release.commit.prefix(7)), String(release.tree.prefix(7)),
                release.artifactBytes.map(sizeText) ?? "-",
                release.plan.map { String($0.prefix(7)) } ?? "-", printable(release.subject),
            ])
        }
        return aligned(rows)
    }
}
