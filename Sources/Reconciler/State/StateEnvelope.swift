import FoundationEssentials

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

extension StateStore {
    /// - Returns: nil if there is no such file.
    func load<Content: Codable>(
        _ type: Content.Type, _ path: String, from place: any StateFiles
    ) throws -> Content? {
        guard let bytes = try place.read(path, limit: Self.sizeLimit) else { return nil }
        let data = Data(bytes)
        func failed(_ message: String, isRecoverable: Bool = false) -> StateError {
            StateError(
                file: "\(place.location)/\(path)", message: message, isRecoverable: isRecoverable)
        }
        // As a rule it is whole: its head is looked at alone only if it is not.
        let whole = try? JSONDecoder().decode(Envelope<Content>.self, from: data)
        let found = whole.map {
            Head(formatVersion: $0.formatVersion, installation: $0.installation)
        }
        guard let head = try? found ?? JSONDecoder().decode(Head.self, from: data) else {
            throw failed(
                "is not a state file; 'modplan state rebuild' keeps it aside and recovers from the "
                    + "host", isRecoverable: true)
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
        guard let whole else {
            throw failed(
                "cannot be decoded; 'modplan state rebuild' keeps it aside and recovers from the "
                    + "host", isRecoverable: true)
        }
        return whole.content
    }

    func save(_ content: some Codable, _ path: String, in place: any StateFiles) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let data = try encoder.encode(
            Envelope(
                formatVersion: Self.formatVersion, installation: installation, content: content))
        try place.replace(path, Array(data) + [0x0A])
    }
}
