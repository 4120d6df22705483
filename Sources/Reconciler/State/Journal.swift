import Desired
import FoundationEssentials

/// One line of an app's journal.
package struct JournalEntry: Sendable, Equatable, Codable {
    package enum Event: String, Sendable, Codable {
        /// A plan that has steps for the app begins: what it changes, and why.
        case plan
        /// Durable before the effect.
        case intent
        /// Durable before anything that depends on it.
        case done
        case failed
        /// The plan's end, where it left steps out.
        case leftOut = "left-out"
    }

    /// A step that was not started.
    package struct LeftOut: Sendable, Equatable, Codable {
        package var step: String
        /// The step that failed and that it depends on; nil where a signal came first.
        package var after: String?

        package init(step: String, after: String?) {
            self.step = step
            self.after = after
        }
    }

    /// The most changes or steps that one entry names.
    package static let listLimit = 50

    package var event: Event
    /// RFC 3339, UTC.
    package var at: String
    /// The plan's digest.
    package var plan: String
    package var step: String
    package var kind: String
    package var message: String?
    /// Of a plan that begins: the commit that it was made from, and its changes in words.
    package var commit: String?
    package var changes: [String]?
    package var leftOut: [LeftOut]?

    package init(
        event: Event, at: String, plan: String, step: String, kind: String, message: String? = nil,
        commit: String? = nil, changes: [String]? = nil, leftOut: [LeftOut]? = nil
    ) {
        self.event = event
        self.at = at
        self.plan = plan
        self.step = step
        self.kind = kind
        self.message = message
        self.commit = commit
        self.changes = changes
        self.leftOut = leftOut
    }
}

extension StateStore {
    static let journalLimit = 1 << 20

    /// Appends one line and syncs it. Each line starts with a checksum of the rest, so that a torn
    /// or corrupt tail is known for what it is.
    package func append(_ entry: JournalEntry, to app: String) throws {
        let path = "journal/\(app).jsonl"
        if let size = try files.size(path), size > Self.journalLimit {
            try files.rename(path, to: "\(app).jsonl.1")
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let body = [UInt8](try encoder.encode(entry))
        try files.append(path, Array("\(Self.checksum(body)) ".utf8) + body + [0x0A])
    }

    /// The lines that are whole, oldest first, those of the file before this one included; torn or
    /// corrupt ones are passed over.
    package func journal(of app: String) throws -> [JournalEntry] {
        try ["journal/\(app).jsonl.1", "journal/\(app).jsonl"].flatMap(entries)
    }

    private func entries(_ path: String) throws -> [JournalEntry] {
        let decoder = JSONDecoder()
        let bytes = try files.read(path, limit: 2 * Self.journalLimit) ?? []
        return bytes.split(separator: 0x0A).compactMap { line in
            let body = Array(line.dropFirst(17))
            guard line.count > 17, Array("\(Self.checksum(body)) ".utf8) == Array(line.prefix(17))
            else { return nil }
            return try? decoder.decode(JournalEntry.self, from: Data(body))
        }
    }

    private static func checksum(_ bytes: [UInt8]) -> String {
        String(ContentDigest.hexadecimal(of: bytes).prefix(16))
    }
}
