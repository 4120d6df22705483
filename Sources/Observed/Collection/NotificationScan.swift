import FoundationEssentials
import Glibc
import Host
import Observed
import Planning

/// One look into the folder where navi leaves notifications. The app can write there too: what is
/// not exactly what navi writes is no notification, but a stranger to be set aside.
struct NotificationScan {
    private static let bytesLimit = 16 << 10
    private static let limit = 256

    /// Oldest first.
    private(set) var notifications: [Observed.Notification] = []
    private(set) var strangers: [String] = []

    init(_ folder: borrowing Directory) throws(SystemError) {
        for name in try folder.names(limit: 16 * Self.limit) where !isWorkingName(name) {
            guard isNotificationName(name) else {
                addStranger(name)
                continue
            }
            guard notifications.count < Self.limit else { continue }
            do throws(SystemError) {
                let bytes = try folder.read(
                    name, limit: Self.bytesLimit, owner: ImageStandard.userID)
                let file = try? JSONDecoder().decode(NotificationFile.self, from: Data(bytes))
                if let found = file?.notification(named: name) {
                    notifications.append(found)
                } else {
                    addStranger(name)
                }
            } catch {
                // Whatever else fails is the host's trouble, and may be over at the next look.
                if Self.tellingCodes.contains(error.code) { addStranger(name) }
            }
        }
    }

    /// What opening gives for an entry that navi never makes: no plain file of its own (0), a link,
    /// a leased file, a socket.
    private static let tellingCodes: Set<Int32> = [0, ELOOP, EAGAIN, ENXIO]

    private mutating func addStranger(_ name: String) {
        if strangers.count < Self.limit { strangers.append(name) }
    }
}

/// Names that navi uses while it writes, and where strangers were put.
private func isWorkingName(_ name: String) -> Bool {
    [".slot-", ".filling-", ".writing-"].contains { name.hasPrefix($0) }
        || name == RunVolumeContents.strangersFolder
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

    /// Nil if a field is not of its form.
    func notification(named name: String) -> Observed.Notification? {
        guard version == 1, let kind = Observed.Notification.Kind(rawValue: type),
            isTime(at), isWord(process), isWord(from ?? "")
        else { return nil }
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
