internal import UnixHTTP

/// What a container or an exec writes, as it comes. Valid only inside the closure that received it,
/// and read once.
package struct OutputStream: AsyncSequence {
    package typealias Element = OutputPiece

    let body: ResponseBody
    let call: Call

    package func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(pieces: body.makeAsyncIterator(), call: call)
    }

    package struct AsyncIterator: AsyncIteratorProtocol {
        var pieces: ResponseBody.AsyncIterator
        let call: Call
        var demultiplexer = LogDemultiplexer()
        var ready: ArraySlice<OutputPiece> = []

        package mutating func next() async throws -> OutputPiece? {
            while ready.isEmpty {
                guard let bytes = try await pieces.next() else {
                    guard demultiplexer.isBetweenFrames else {
                        throw call.failure("the engine's stream ends within a frame")
                    }
                    return nil
                }
                guard let split = demultiplexer.split(bytes) else {
                    throw call.failure("the engine's answer is no multiplexed stream")
                }
                ready = split[...]
            }
            let piece = ready.removeFirst()
            if piece.stream == .engine {
                throw call.failure(String(decoding: piece.bytes, as: UTF8.self))
            }
            return piece
        }
    }
}

/// The engine's events, as they come. Valid only inside the closure that received it, and read once.
package struct EventStream: AsyncSequence {
    package typealias Element = EngineEvent

    let documents: DocumentStream<EngineEvent>

    package func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(documents: documents.makeAsyncIterator())
    }

    package struct AsyncIterator: AsyncIteratorProtocol {
        var documents: DocumentStream<EngineEvent>.AsyncIterator

        package mutating func next() async throws -> EngineEvent? { try await documents.next() }
    }
}

/// JSON documents, one a line.
struct DocumentStream<Element: Decodable & Sendable>: AsyncSequence {
    let body: ResponseBody
    let call: Call

    func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(pieces: body.makeAsyncIterator(), call: call)
    }

    struct AsyncIterator: AsyncIteratorProtocol {
        var pieces: ResponseBody.AsyncIterator
        let call: Call
        var lines = LineSplitter(limit: 1 << 20)
        var ready: ArraySlice<[UInt8]> = []
        var isAtEnd = false

        mutating func next() async throws -> Element? {
            while ready.isEmpty {
                guard !isAtEnd else { return nil }
                if let bytes = try await pieces.next() {
                    guard let split = lines.split(bytes) else {
                        throw call.failure("the engine sent a line of more than 1 MiB")
                    }
                    ready = split[...]
                } else {
                    isAtEnd = true
                    ready = lines.finish()[...]
                }
            }
            return try DockerClient.decode(Element.self, from: ready.removeFirst(), of: call)
        }
    }
}

func documents<Element: Decodable & Sendable>(
    _ type: Element.Type, in body: ResponseBody, of call: Call
) -> DocumentStream<Element> {
    DocumentStream(body: body, call: call)
}
