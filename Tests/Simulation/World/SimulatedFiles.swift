import State

/// A folder of files in memory, with what a crash and a full disk leave of them.
///
/// Safe to send because one executor's thread is all that ever touches it.
final class SimulatedFiles: StateFiles, @unchecked Sendable {
    let location: String
    private(set) var content: [String: [UInt8]] = [:]
    /// Set while a world is there to fail in.
    weak var world: World?

    init(_ location: String) { self.location = location }

    /// What a planted bug forgot to sync.
    private var unsynced: [String: [UInt8]?] = [:]

    func clear() { content = [:] }

    /// What was not synced is lost.
    func crash() {
        for (path, old) in unsynced { content[path] = old }
        unsynced = [:]
    }

    func names(in folder: String) throws -> [String] {
        content.keys.compactMap { path in
            let parts = path.split(separator: "/")
            return parts.count == 2 && parts[0] == folder ? String(parts[1]) : nil
        }.sorted()
    }

    func read(_ path: String, limit: Int) throws -> [UInt8]? { content[path] }

    func size(_ path: String) throws -> Int? { content[path]?.count }

    func replace(_ path: String, _ bytes: [UInt8]) throws {
        try change(.state, "replace \(location)/\(path)") {
            if world?.bug == .stateWrittenInPlace, world?.strikesNow == .crashAfter {
                content[path] = Array(bytes.prefix(bytes.count / 2))
            } else {
                if world?.bug == .ledgerNotSynced, path.hasPrefix("ledger/") {
                    unsynced.updateValue(content[path], forKey: path)
                }
                content[path] = bytes
            }
        }
    }

    func append(_ path: String, _ line: [UInt8]) throws {
        try change(.journal, "append \(location)/\(path)") {
            var old = content[path] ?? []
            if let last = old.last, last != 0x0A { old.append(0x0A) }
            content[path] = old + line
        } torn: {
            content[path, default: []] += line.prefix(line.count / 2)
        }
    }

    func rename(_ path: String, to name: String) throws {
        try change(.state, "rename \(location)/\(path)") {
            let folder = path.split(separator: "/").dropLast().joined(separator: "/")
            content["\(folder)/\(name)"] = content.removeValue(forKey: path)
        }
    }

    func remove(_ path: String) throws {
        guard content[path] != nil else { return }
        try change(.state, "remove \(location)/\(path)") { content[path] = nil }
    }

    /// One write, with what may go wrong at it.
    private func change(
        _ kind: EffectKind, _ name: String, _ body: () -> Void, torn: () -> Void = {}
    ) throws {
        guard let world else { return body() }
        guard !world.isCrashed else { throw Crash() }
        world.mutations += 1
        guard let fault = world.strike(kind, name) else { return body() }
        switch fault {
        case .failBefore, .diskFull, .hang:
            if fault == .diskFull { torn() }
            throw Refused(description: "\(name): no space left on device")
        case .crashBefore, .crashAfter:
            if fault == .crashAfter { body() } else { torn() }
            world.isCrashed = true
            throw Crash()
        // Durable, and yet an error: a sync of the folder that failed.
        case .failAfter:
            body()
            throw Refused(description: "\(name): input/output error")
        default: body()
        }
    }
}
