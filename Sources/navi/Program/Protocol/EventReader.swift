import CNavi

/// One event of supervisord's listener protocol.
struct Event {
    let name: [UInt8]
    /// Counts supervisord's events; the same again means redelivery.
    let serial: Int64
    /// The header's line, for the record.
    let header: [UInt8]
    /// At most `EventReader.payloadLimit` bytes of it; more is read and left out.
    let payload: [UInt8]
}

/// Reads events from supervisord: a header line, then exactly as many bytes as it announces.
struct EventReader {
    enum Failure: Error {
        case malformedHeader([UInt8])
        case unreadable(SystemError)

        var description: String {
            switch self {
            case .malformedHeader(let line):
                let start = String(decoding: line.prefix(200), as: UTF8.self)
                return "event header: expected key:value tokens with eventname and len: \(start)"
            case .unreadable(let error): return error.description
            }
        }
    }

    /// Headers are some 120 bytes. What has no line's end by then is no header.
    private static let headerLimit = 4096
    static let payloadLimit = 8192

    private let stream: Int32
    /// Read but not yet used: one read may bring the start of the next event.
    private var buffer: [UInt8] = []

    init(stream: Int32) { self.stream = stream }

    /// The next event; nil at the end of the stream, even within an event: supervisord is gone.
    mutating func next() throws(Failure) -> Event? {
        guard let header = try headerLine() else { return nil }
        guard let tokens = Tokens(header), let name = tokens["eventname"], !name.isEmpty,
            let length = tokens["len"]?.decimal
        else { throw .malformedHeader(header) }
        guard let payload = try payload(length: length) else { return nil }
        return Event(
            name: name, serial: tokens["serial"]?.decimal ?? 0, header: header, payload: payload)
    }

    private mutating func headerLine() throws(Failure) -> [UInt8]? {
        while true {
            if let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
                let line = Array(buffer[..<end])
                buffer.removeFirst(end + 1)
                return line
            }
            guard buffer.count <= Self.headerLimit else { throw .malformedHeader(buffer) }
            guard try fill() else { return nil }
        }
    }

    private mutating func payload(length: Int64) throws(Failure) -> [UInt8]? {
        var payload: [UInt8] = []
        var missing = length
        while missing > 0 {
            if buffer.isEmpty {
                guard try fill() else { return nil }
            }
            let taken = Int(min(missing, Int64(buffer.count)))
            payload += buffer.prefix(min(taken, Self.payloadLimit - payload.count))
            buffer.removeFirst(taken)
            missing -= Int64(taken)
        }
        return payload
    }

    /// Adds what can be read now; false at the end of the stream.
    private mutating func fill() throws(Failure) -> Bool {
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(stream, &chunk, chunk.count)
            if count >= 0 {
                buffer += chunk.prefix(count)
                return count > 0
            }
            if navi_errno() != EINTR { throw .unreadable(SystemError("read", "stdin")) }
        }
    }
}
