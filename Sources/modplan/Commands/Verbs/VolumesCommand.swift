import ArgumentParser
import Desired
import Planning
import State
import Volumes

struct VolumesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "volumes", abstract: "Look at the volumes.", subcommands: [VolumesList.self])
}

struct VolumesList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the volumes of this installation, and how full their storage is.")

    @OptionGroup var common: CommonOptions
    @Flag(help: "Print one JSON document.") var json = false

    func run() async throws {
        let installation = try Installation(common)
        let naming = Naming(installation: installation.file.installation)
        let document = VolumesDocument(
            try await installation.volumes.survey(prefix: naming.volumePrefix),
            try installation.store.states(), naming)
        if json {
            try Output.json(document)
        } else {
            Output.result(document.text)
        }
    }
}

struct VolumesDocument: Encodable {
    struct Volume: Encodable {
        var volume: String
        /// `VolumeRole.kind`.
        var role: String
        /// Nil for an artifact, which apps share.
        var app: String?
        var instance: Int?
        var release: Int?
        /// Of an artifact: the releases on record that are made of it, `web/3`.
        var releases: [String]?
        /// What it may hold at the most.
        var limitBytes: Int64
        /// What it takes up in the storage below.
        var usedBytes: Int64
        var mounted: Bool
        /// Since when no instance has a claim to it, RFC 3339; nil while one has.
        var orphanedSince: String?
    }

    struct Storage: Encodable {
        var place: String
        var totalBytes: Int64
        var usedBytes: Int64
        /// The limits of all volumes in it together, whoever made them.
        var promisedBytes: Int64
        /// Of a thin pool, 0 to 100.
        var metadataUsedPercent: Double?
        /// In the storage's own word.
        var problem: String?
    }

    var formatVersion = 1
    var volumes: [Volume]
    var storage: Storage

    init(_ survey: VolumeSurvey, _ remembered: RememberedStates, _ naming: Naming) {
        var users: [String: [String]] = [:]
        for (app, state) in remembered.apps.sorted(by: { $0.key < $1.key }) {
            for release in state.releases {
                users[release.artifact, default: []].append("\(app)/\(release.number)")
            }
        }
        // What is not named as ours is not ours, whatever it starts with.
        volumes = survey.volumes.compactMap { record in
            guard let role = naming.role(ofVolume: record.name) else { return nil }
            var volume = Volume(record, role, users)
            if case .storage(let app, let number) = role {
                volume.orphanedSince =
                    remembered.apps[app]?.storage?.first { $0.instance == number }?.orphanedAt
            }
            return volume
        }
        let capacity = survey.capacity
        storage = Storage(
            place: capacity.place, totalBytes: capacity.totalBytes, usedBytes: capacity.usedBytes,
            promisedBytes: capacity.virtualBytes,
            metadataUsedPercent: capacity.metadataUsedPercent, problem: capacity.problem)
    }

    var text: String {
        var rows = [
            ["VOLUME", "ROLE", "APP", "INSTANCE", "RELEASE", "SIZE", "USED", "MOUNTED", "ORPHANED"]
        ]
        rows += volumes.map { volume in
            let releases = volume.releases.map { $0.joined(separator: ",") } ?? ""
            return [
                volume.volume, volume.role, volume.app ?? "-",
                volume.instance.map(String.init) ?? "-",
                volume.release.map(String.init) ?? (releases.isEmpty ? "-" : releases),
                sizeText(volume.limitBytes), sizeText(volume.usedBytes),
                volume.mounted ? "yes" : "no", volume.orphanedSince ?? "-",
            ]
        }
        return (volumes.isEmpty ? "" : aligned(rows)) + storage.text + "\n"
    }
}

extension VolumesDocument.Volume {
    fileprivate init(_ record: VolumeRecord, _ role: VolumeRole, _ users: [String: [String]]) {
        self.init(
            volume: record.name, role: role.kind, app: role.app, instance: role.instance,
            release: role.release, limitBytes: record.limit, usedBytes: record.used,
            mounted: record.mountPoint != nil)
        if case .artifact(let key) = role { releases = users[key] ?? [] }
    }
}

extension VolumesDocument.Storage {
    fileprivate var text: String {
        var parts = ["\(sizeText(usedBytes)) of \(sizeText(totalBytes)) used"]
        if let metadataUsedPercent { parts.append("metadata \(tenths(metadataUsedPercent)) %") }
        parts.append("\(sizeText(promisedBytes)) promised")
        if let problem { parts.append("it says '\(printable(problem))'") }
        return "Storage: \(place): \(parts.joined(separator: ", "))."
    }
}
