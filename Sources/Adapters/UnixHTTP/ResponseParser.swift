/// Puts a whole HTTP/1.1 response together, from pieces of any size. Every part is bounded.
struct ResponseParser {
    enum Failure: Error, Equatable {
        case malformed(String)
        case tooLarge
    }

    private enum Part {
        case head
        /// So many bytes are still to come.
        case body(Int)
        case chunkSize
        case chunk(Int)
        case chunkEnd
        case trailer
        case bodyUntilClose
        case complete
    }

    private(set) var status = 0
    private(set) var body: [UInt8] = []
    private var part = Part.head
    private var line: [UInt8] = []
    private var headBytes = 0
    private var length: Int?
    private var isChunked = false
    /// The largest body accepted, in bytes.
    private let limit: Int
    private let hasNoBody: Bool

    private static let headLimit = 64 << 10

    /// - Parameter hasNoBody: the answer to HEAD is a head.
    init(limit: Int, hasNoBody: Bool = false) {
        self.limit = limit
        self.hasNoBody = hasNoBody
    }

    var isComplete: Bool { if case .complete = part { true } else { false } }

    /// Takes what came; what lies behind the response's end is ignored.
    mutating func take(_ bytes: UnsafeRawBufferPointer) throws(Failure) {
        var rest = bytes[...]
        while !rest.isEmpty {
            switch part {
            case .complete: return
            case .body(let left):
                let count = append(&rest, atMost: left)
                part = count == left ? .complete : .body(left - count)
            case .chunk(let left):
                let count = append(&rest, atMost: left)
                part = count == left ? .chunkEnd : .chunk(left - count)
            case .bodyUntilClose:
                guard rest.count <= limit - body.count else { throw .tooLarge }
                _ = append(&rest, atMost: rest.count)
            case .head, .chunkSize, .chunkEnd, .trailer:
                guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else {
                    return try keep(rest)
                }
                try keep(rest[..<end])
                rest = rest[(end + 1)...]
                if line.last == UInt8(ascii: "\r") { line.removeLast() }
                let text = String(decoding: line, as: UTF8.self)
                line.removeAll(keepingCapacity: true)
                try take(line: text)
            }
        }
    }

    /// The connection has no more bytes.
    mutating func end() {
        if case .bodyUntilClose = part { part = .complete }
    }

    private mutating func append(
        _ rest: inout Slice<UnsafeRawBufferPointer>, atMost count: Int
    ) -> Int {
        let piece = rest.prefix(count)
        body.append(contentsOf: piece)
        rest = rest.dropFirst(piece.count)
        return piece.count
    }

    private mutating func keep(_ bytes: Slice<UnsafeRawBufferPointer>) throws(Failure) {
        headBytes += bytes.count + 1
        guard headBytes <= Self.headLimit else { throw .malformed("its head has no end") }
        line.append(contentsOf: bytes)
    }

    private mutating func take(line: String) throws(Failure) {
        switch part {
        case .head where status == 0: status = try Self.status(line)
        case .head where line.isEmpty: try beginBody()
        case .head: try takeHeader(line)
        case .chunkSize:
            // Sizes do not add up to a head that has no end, however many there are.
            headBytes = 0
            let digits = line.prefix { $0 != ";" && $0 != " " }
            guard !digits.isEmpty, digits.allSatisfy(\.isHexDigit),
                let size = Int(digits, radix: 16)
            else { throw .malformed("a chunk without a size") }
            guard size <= limit - body.count else { throw .tooLarge }
            part = size == 0 ? .trailer : .chunk(size)
        case .chunkEnd:
            guard line.isEmpty else { throw .malformed("a chunk longer than its size") }
            part = .chunkSize
        case .trailer: if line.isEmpty { part = .complete }
        case .body, .chunk, .bodyUntilClose, .complete: break
        }
    }

    /// Of `HTTP/1.1 200 OK`.
    private static func status(_ line: String) throws(Failure) -> Int {
        let words = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        guard words.count >= 2, words[0] == "HTTP/1.1" || words[0] == "HTTP/1.0",
            words[1].utf8.count == 3, let status = Int(words[1]), (100...599).contains(status)
        else { throw .malformed("no HTTP/1.1 status line") }
        return status
    }

    private mutating func takeHeader(_ line: String) throws(Failure) {
        guard let colon = line.firstIndex(of: ":") else {
            throw .malformed("a header without a colon")
        }
        let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
        switch line[..<colon].lowercased() {
        case "content-length":
            guard let count = Int(value), count >= 0, length == nil || length == count else {
                throw .malformed("content-length '\(value)'")
            }
            length = count
        case "transfer-encoding":
            guard value.lowercased() == "chunked" else {
                throw .malformed("transfer-encoding '\(value)'")
            }
            isChunked = true
        default: break
        }
    }

    private mutating func beginBody() throws(Failure) {
        if (100..<200).contains(status) {
            // Of what is yet to come.
            guard status != 101 else { throw .malformed("another protocol") }
            status = 0
        } else if hasNoBody || status == 204 || status == 304 {
            part = .complete
        } else if isChunked {
            // Both would let two readers see two responses.
            guard length == nil else { throw .malformed("two lengths") }
            part = .chunkSize
        } else if let length {
            guard length <= limit else { throw .tooLarge }
            body.reserveCapacity(length)
            part = length == 0 ? .complete : .body(length)
        } else {
            part = .bodyUntilClose
        }
    }
}
