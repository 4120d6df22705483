import Desired
import FoundationEssentials
import Glibc
import Host

/// One line of an app's journal.
package struct JournalEntry: Sendable, Equatable, Codable {
    package enum Event: String, Sendable, Codable {
        /// Durable before the effect.
        case intent
        /// Durable before anything that depends on it.
        case done
        case failed
    }

    package var event: Event
    /// RFC 3339, UTC.
    package var at: String
    /// The plan's digest.
    package var plan: String
    package var step: String
    package var kind: String
    package var message: String?

    package init(
        event: Event, at: String, plan: String, step: String, kind: String, message: String? = nil
    ) {
        self.event = event
        self.at = at
        self.plan = plan
        self.step = step
        self.kind = kind
        self.message = message
    }
}

extension StateStore {
    private static let journalLimit = 1 << 20

    /// Appends one line and syncs it. Each line starts with a checksum of the rest, so that a torn
    /// or corrupt tail is known for what it is.
    package func append(_ entry: JournalEntry, to app: String) throws {
        let folder = "\(directory)/journal"
        try makeFolders(folder, mode: 0o700)
        let path = "\(folder)/\(app).jsonl"
        if let status = try hostEntry(path), status.st_size > Self.journalLimit {
            try Directory(path: folder).rename("\(app).jsonl", to: "\(app).jsonl.1")
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let body = [UInt8](try encoder.encode(entry))
        let line = Array("\(Self.checksum(body)) ".utf8) + body + [0x0A]
        try appendDurably(line, to: path)
    }

    /// The lines that are whole, oldest first; torn or corrupt ones are passed over.
    package func journal(of app: String) throws -> [JournalEntry] {
        let path = "\(directory)/journal/\(app).jsonl"
        guard try hostEntry(path) != nil else { return [] }
        var entries: [JournalEntry] = []
        for line in try readHostFile(path, limit: 2 * Self.journalLimit).split(separator: 0x0A) {
            let body = Array(line.dropFirst(17))
            guard line.count > 17, Array("\(Self.checksum(body)) ".utf8) == Array(line.prefix(17)),
                let entry = try? JSONDecoder().decode(JournalEntry.self, from: Data(body))
            else { continue }
            entries.append(entry)
        }
        return entries
    }

    private static func checksum(_ bytes: [UInt8]) -> String {
        String(ContentDigest.hexadecimal(of: bytes).prefix(16))
    }
}
