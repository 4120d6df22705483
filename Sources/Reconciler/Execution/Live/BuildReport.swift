import FoundationEssentials
import Host

/// How a build ended, as navi left it on the build's volume. The build could have written it
/// itself, so it only ever explains a failure, never makes a success of one.
struct BuildReport: Decodable {
    struct Memory: Decodable {
        var oomKillsBefore: Int64
        var oomKillsAfter: Int64
    }

    struct Processes: Decodable {
        var denied: Int64
    }

    struct Disk: Decodable {
        var sizeBytes: Int64
        /// Seen while the build ran: tools that clean up after ENOSPC leave room at the end.
        var lowestFreeBytes: Int64
    }

    var signal: Int?
    var memory: Memory?
    var processes: Processes?
    var disk: Disk?

    static func read(in mountPoint: String) throws -> BuildReport {
        let bytes = try Directory(path: mountPoint).read("build-report.json", limit: 16 << 10)
        return try JSONDecoder().decode(BuildReport.self, from: Data(bytes))
    }

    var ranOutOfMemory: Bool { memory.map { $0.oomKillsAfter > $0.oomKillsBefore } ?? false }

    var ranOutOfProcesses: Bool { (processes?.denied ?? 0) > 0 }

    /// The volume's size, if less than 1 % of it was left.
    var fullVolumeBytes: Int64? {
        guard let disk, disk.lowestFreeBytes < disk.sizeBytes / 100 else { return nil }
        return disk.sizeBytes
    }
}
