/// One event of supervisord's listener protocol.
struct Event {
    let name: [UInt8]
    /// Counts supervisord's events; the same again means redelivery.
    let serial: Int64
    /// The header's line, for the record.
    let header: [UInt8]
    /// At most `EventParser.payloadLimit` bytes of it; more is passed over.
    let payload: [UInt8]

    /// The same for the same event sent again, to the byte: FNV-1a, never 0.
    var digest: Int64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in header + payload { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return Int64(hash >> 1 | 1)
    }
}

/// Splits a stream of supervisord's into events, however it is cut into pieces: a header line, then
/// exactly as many bytes as it announces.
///
/// supervisord 4 under Python 3 announces characters, so that of a payload that is not ASCII the
/// last bytes stand before the next header. After such a payload the parser looks for the header.
struct EventParser {
    enum Failure: Error {
        case malformedHeader([UInt8])

        var description: String {
            switch self {
            case .malformedHeader(let line):
                let start = String(decoding: line.prefix(200), as: UTF8.self)
                return "event header: expected key:value tokens with eventname and len: \(start)"
            }
        }
    }

    /// Headers are some 120 bytes. What has no line's end by then is no header.
    static let headerLimit = 4096
    static let payloadLimit = 8192

    /// Pushed; those before `start` are used.
    private var bytes: [UInt8] = []
    private var start = 0
    private var header: EventHeader?
    /// Of the payload that belongs to `header`: what is kept, and how many bytes are to come.
    private var payload: [UInt8] = []
    private var missing: Int64 = 0
    private var mayBeOutOfStep = false

    mutating func push(_ more: ArraySlice<UInt8>) {
        bytes.removeFirst(start)
        start = 0
        bytes += more
    }

    /// The next whole event; nil until more is pushed.
    mutating func next() throws(Failure) -> Event? {
        if header == nil {
            guard let next = try nextHeader() else { return nil }
            header = next
            missing = next.length
            payload = []
            mayBeOutOfStep = false
        }
        takePayload()
        guard missing == 0, let complete = header else { return nil }
        header = nil
        return Event(
            name: complete.name, serial: complete.serial, header: complete.line, payload: payload)
    }

    private mutating func nextHeader() throws(Failure) -> EventHeader? {
        while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
            let line = bytes[start..<end]
            start = end + 1
            if mayBeOutOfStep {
                // What holds no header is the rest of the last payload.
                if let header = EventHeader(endOf: Array(line.suffix(Self.headerLimit))) {
                    return header
                }
            } else if line.count <= Self.headerLimit, let header = EventHeader(Array(line)) {
                return header
            } else {
                throw .malformedHeader(Array(line))
            }
        }
        if bytes.count - start > Self.headerLimit {
            guard mayBeOutOfStep else { throw .malformedHeader(Array(bytes[start...])) }
            start = bytes.count - Self.headerLimit
        }
        return nil
    }

    private mutating func takePayload() {
        let taken = Int(min(missing, Int64(bytes.count - start)))
        let part = bytes[start..<(start + taken)]
        if part.contains(where: { $0 >= 0x80 }) { mayBeOutOfStep = true }
        payload += part.prefix(Self.payloadLimit - payload.count)
        start += taken
        missing -= Int64(taken)
    }
}

/// The line before a payload.
struct EventHeader {
    /// What supervisord sends is far below. A figure above is nonsense, and would be waited for.
    private static let lengthLimit: Int64 = 1 << 30
    /// How supervisord begins each.
    private static let start = "ver:3.0 server:"

    let line: [UInt8]
    let name: [UInt8]
    let serial: Int64
    let length: Int64

    init?(_ line: [UInt8]) {
        guard let tokens = Tokens(line), let name = tokens["eventname"], !name.isEmpty,
            let length = tokens["len"]?.decimal, length <= Self.lengthLimit
        else { return nil }
        self.line = line
        self.name = name
        self.length = length
        serial = tokens["serial"]?.decimal ?? 0
    }

    /// The header at the end of a line that may begin with the rest of a payload.
    init?(endOf line: [UInt8]) {
        let count = Self.start.utf8.count
        var index = line.count - count
        while index > 0 {
            if line[index..<(index + count)].elementsEqual(Self.start.utf8),
                let header = EventHeader(Array(line[index...]))
            {
                self = header
                return
            }
            index -= 1
        }
        self.init(line)
    }
}
