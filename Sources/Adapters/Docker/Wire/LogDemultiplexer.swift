/// A piece of what a container or an exec wrote.
package struct OutputPiece: Sendable, Equatable {
    package enum Stream: UInt8, Sendable, Equatable {
        case stdout = 1
        case stderr = 2
        /// The engine itself: it could not read on.
        case engine = 3
    }

    package var stream: Stream
    /// As it was written: pieces end anywhere, even within a character, and the bytes are hostile.
    package var bytes: [UInt8]

    package init(stream: Stream, bytes: [UInt8]) {
        self.stream = stream
        self.bytes = bytes
    }
}

/// Takes apart the engine's multiplexed stream: frames of an 8-byte header (stream, three zeros,
/// length as big-endian UInt32) and their content. Content is passed on as it comes, so that no
/// announced length makes it hold anything.
struct LogDemultiplexer {
    private var header: [UInt8] = []
    private var stream: OutputPiece.Stream?
    private var remaining = 0

    /// Nil when the bytes are no multiplexed stream.
    mutating func split(_ bytes: [UInt8]) -> [OutputPiece]? {
        var pieces: [OutputPiece] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            if remaining > 0, let stream {
                let content = rest.prefix(remaining)
                pieces.append(OutputPiece(stream: stream, bytes: Array(content)))
                remaining -= content.count
                rest = rest.dropFirst(content.count)
                continue
            }
            let missing = rest.prefix(8 - header.count)
            header += missing
            rest = rest.dropFirst(missing.count)
            if header.count == 8 {
                guard let stream = OutputPiece.Stream(rawValue: header[0]),
                    header[1...3].allSatisfy({ $0 == 0 })
                else { return nil }
                self.stream = stream
                remaining = header[4...7].reduce(0) { $0 << 8 | Int($1) }
                header = []
            }
        }
        return pieces
    }

    /// Whether the stream may end here.
    var isBetweenFrames: Bool { header.isEmpty && remaining == 0 }
}
