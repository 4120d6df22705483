/// Cuts a stream into lines of bounded length: the engine ends each JSON document of a stream with
/// a line feed.
struct LineSplitter {
    /// In bytes.
    let limit: Int
    private var pending: [UInt8] = []

    init(limit: Int) { self.limit = limit }

    /// The lines that `bytes` completes; nil when one is longer than the limit.
    mutating func split(_ bytes: [UInt8]) -> [[UInt8]]? {
        var lines: [[UInt8]] = []
        var rest = bytes[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            guard pending.count + (end - rest.startIndex) <= limit else { return nil }
            append(pending + rest[..<end], to: &lines)
            pending = []
            rest = rest[(end + 1)...]
        }
        guard pending.count + rest.count <= limit else { return nil }
        pending += rest
        return lines
    }

    /// What is left when the stream ends without a line feed.
    mutating func finish() -> [[UInt8]] {
        var lines: [[UInt8]] = []
        append(pending, to: &lines)
        pending = []
        return lines
    }

    private func append(_ line: [UInt8], to lines: inout [[UInt8]]) {
        let line = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
        if !line.isEmpty { lines.append(line) }
    }
}
