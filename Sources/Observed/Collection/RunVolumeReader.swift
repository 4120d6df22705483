import FoundationEssentials
import Glibc
import Host
import Observed
import Planning

extension Collector {
    private static let configurationLimit = 256 << 10

    /// What lies on a run volume. The app owns most of it: nothing is opened through a link, and
    /// every read is bounded.
    func readContents(_ mountPoint: String, oomKills: Int64?) -> Reading<RunVolumeContents> {
        do throws(SystemError) {
            let root = try Directory(path: mountPoint)
            var configuration: [UInt8]?
            if try root.attributes("supervisor.conf") != nil {
                configuration = try root.read(
                    "supervisor.conf", limit: Self.configurationLimit, owner: 0)
            }
            var damaged: [String] = []
            for folder in ImageStandard.runFolders {
                let status = try root.attributes(folder)
                let isWhole = status.map { isFolder($0) && $0.st_uid == ImageStandard.userID }
                if isWhole != true { damaged.append(folder) }
            }
            let notifications =
                damaged.contains("notifications")
                ? [] : try readNotifications(root.directory("notifications"), oomKills: oomKills)
            return .read(
                RunVolumeContents(
                    configuration: configuration, damagedFolders: damaged,
                    notifications: notifications))
        } catch {
            return .unavailable("\(error)")
        }
    }
}

private let notificationLimit = 16 << 10
private let notificationsPerScan = 256

/// The notifications in a folder that the app can write to: a file that is not exactly what navi
/// writes is no notification.
private func readNotifications(
    _ folder: borrowing Directory, oomKills: Int64?
) throws(SystemError) -> [Observed.Notification] {
    let names = try folder.names(limit: 16 * notificationsPerScan).filter(isNotificationName)
    return names.prefix(notificationsPerScan).compactMap { name in
        guard
            let bytes = try? folder.read(
                name, limit: notificationLimit, owner: ImageStandard.userID),
            let file = try? JSONDecoder().decode(NotificationFile.self, from: Data(bytes))
        else { return nil }
        return file.notification(named: name, oomKills: oomKills)
    }
}

/// `<19 digits>-….json`, nothing but letters, digits, `-` and `.`.
private func isNotificationName(_ name: String) -> Bool {
    let bytes = Array(name.utf8)
    guard bytes.count > 24, bytes.count <= 100, name.hasSuffix(".json") else { return false }
    let allowed = bytes.allSatisfy { byte in
        let scalar = Unicode.Scalar(byte)
        return (scalar.isASCII && scalar.properties.isAlphabetic)
            || (48...57).contains(byte) || byte == 45 || byte == 46
    }
    return allowed && bytes.prefix(19).allSatisfy { (48...57).contains($0) } && bytes[19] == 45
}

/// The part of navi's JSON that is used.
private struct NotificationFile: Decodable {
    struct Evidence: Decodable {
        var limitBytes: Int64?
        var peakBytes: Int64?
    }

    var version: Int
    var type: String
    var process: String
    var exitStatus: Int?
    var signal: Int?
    var from: String?
    var reporter: String?
    var at: String
    var evidence: Evidence?

    /// Nil if a field is not of its form. An out-of-memory that the kernel's own counter on the
    /// host does not bear out is a crash like any other.
    func notification(named name: String, oomKills: Int64?) -> Observed.Notification? {
        guard version == 1, var kind = Observed.Notification.Kind(rawValue: type),
            isTime(at), isWord(process), isWord(from ?? "")
        else { return nil }
        if kind == .outOfMemory, oomKills == 0 { kind = .crash }
        let end =
            signal.map { Observed.Notification.End.signal($0) }
            ?? exitStatus.map { .exitStatus($0) }
        return Observed.Notification(
            file: name, kind: kind, process: process, end: end, at: at, from: from ?? "",
            isFatal: reporter == "listener" && from == "BACKOFF", limitBytes: evidence?.limitBytes,
            peakBytes: evidence?.peakBytes)
    }

    private func isTime(_ text: String) -> Bool {
        text.utf8.count <= 32
            && text.utf8.allSatisfy { (48...58).contains($0) || [45, 46, 84, 90].contains($0) }
    }

    private func isWord(_ text: String) -> Bool {
        text.utf8.count <= 64
            && text.unicodeScalars.allSatisfy {
                $0.isASCII && ($0.properties.isAlphabetic || $0.properties.numericType != nil)
                    || $0 == "-" || $0 == "_"
            }
    }
}
