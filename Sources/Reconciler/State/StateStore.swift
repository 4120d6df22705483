import FoundationEssentials
import Host
package import Planning

/// The files of an installation, one folder:
///
///     apps/<app>.json        what was applied: serial, releases
///     ledger/<app>.json      which notifications were counted
///     journal/<app>.jsonl    intents and outcomes, appended
///     locks/<app>.lock       held while an apply works on the app
///
/// Each file is replaced durably: after a crash there is the old one or the new one.
package struct StateStore: Sendable {
    package static let formatVersion = 1
    private static let sizeLimit = 4 << 20

    let directory: String
    private let installation: String

    package init(directory: String, installation: String) {
        self.directory = directory
        self.installation = installation
    }

    /// What every state file says beside its own content.
    private struct Envelope<Content: Codable>: Codable {
        var formatVersion: Int
        var installation: String
        var content: Content
    }

    /// Only the head, so that a file from the future is told from a corrupt one.
    private struct Head: Decodable {
        var formatVersion: Int
        var installation: String
    }

    // MARK: Apps

    /// Every app's state, by app; empty where nothing was ever applied.
    package func states() throws -> [String: AppState] { try load(AppState.self, from: "apps") }

    package func state(of app: String) throws -> AppState {
        try load(AppState.self, from: "apps", named: app) ?? AppState(app: app)
    }

    /// Changes an app's state and raises its serial, if the content really changed.
    ///
    /// The caller holds the app's lock.
    package func update(_ app: String, _ change: (inout AppState) -> Void) throws {
        let old = try state(of: app)
        var new = old
        change(&new)
        guard new != old else { return }
        new.serial = old.serial + 1
        try save(new, in: "apps", named: app)
    }

    /// Removes all that is known of an app but its journal, which tells how it ended.
    package func forget(_ app: String) throws {
        for folder in ["apps", "ledger"] {
            try removeHostEntry("\(directory)/\(folder)/\(app).json", folder: false)
        }
        for case .instance(app, let number) in try unsettled() {
            try settle(app, instance: number)
        }
    }

    // MARK: Ledgers

    package func ledgers() throws -> [String: Ledger] { try load(Ledger.self, from: "ledger") }

    package func ledger(of app: String) throws -> Ledger {
        try load(Ledger.self, from: "ledger", named: app) ?? Ledger()
    }

    /// Counts events once: those that the ledger has are left out.
    package func count(_ events: [Ledger.Event], of app: String) throws {
        var ledger = try ledger(of: app)
        let new = events.filter { !ledger.hasCounted($0.file, instance: $0.instance) }
        guard !new.isEmpty else { return }
        ledger.events = (ledger.events + new).suffix(Ledger.limit)
        try save(ledger, in: "ledger", named: app)
    }

    // MARK: Files

    private func load<Content: Codable>(
        _ type: Content.Type, from folder: String
    ) throws -> [String: Content] {
        let path = "\(directory)/\(folder)"
        guard try hostEntry(path) != nil else { return [:] }
        var found: [String: Content] = [:]
        for file in try Directory(path: path).names()
        where file.hasSuffix(".json") && !file.hasPrefix(".") {
            let app = String(file.dropLast(5))
            found[app] = try load(type, from: folder, named: app)
        }
        return found
    }

    private func load<Content: Codable>(
        _ type: Content.Type, from folder: String, named app: String
    ) throws -> Content? {
        let path = "\(directory)/\(folder)/\(app).json"
        guard try hostEntry(path) != nil else { return nil }
        let data = Data(try readHostFile(path, limit: Self.sizeLimit))
        func failed(_ message: String) -> StateError { StateError(file: path, message: message) }
        guard let head = try? JSONDecoder().decode(Head.self, from: data) else {
            throw failed(
                "is not a state file; move it aside, and the next plan recovers from the host")
        }
        guard head.formatVersion <= Self.formatVersion else {
            throw failed(
                "has format version \(head.formatVersion), this modplan knows "
                    + "\(Self.formatVersion); use the modplan that wrote it")
        }
        guard head.installation == installation else {
            throw failed(
                "belongs to installation '\(head.installation)', not '\(installation)'; "
                    + "give each installation its own state folder")
        }
        do {
            return try JSONDecoder().decode(Envelope<Content>.self, from: data).content
        } catch {
            throw failed(
                "cannot be decoded; move it aside, and the next plan recovers from the host")
        }
    }

    private func save(_ content: some Codable, in folder: String, named app: String) throws {
        let path = "\(directory)/\(folder)"
        try makeFolders(path, mode: 0o700)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let data = try encoder.encode(
            Envelope(
                formatVersion: Self.formatVersion, installation: installation, content: content))
        try Directory(path: path).replaceDurably("\(app).json", Array(data) + [0x0A])
    }
}
