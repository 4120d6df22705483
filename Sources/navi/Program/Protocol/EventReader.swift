import CNavi

/// Reads supervisord's events from a stream.
struct EventReader {
    enum Failure: Error {
        case malformed(EventParser.Failure)
        case unreadable(SystemError)

        var description: String {
            switch self {
            case .malformed(let failure): failure.description
            case .unreadable(let error): error.description
            }
        }
    }

    private let stream: Int32
    private var parser = EventParser()
    private var chunk = [UInt8](repeating: 0, count: 4096)

    init(stream: Int32) { self.stream = stream }

    /// The next event; nil at the end of the stream, even within an event: supervisord is gone.
    mutating func next() throws(Failure) -> Event? {
        while true {
            do throws(EventParser.Failure) {
                if let event = try parser.next() { return event }
            } catch {
                throw .malformed(error)
            }
            let count = read(stream, &chunk, chunk.count)
            if count == 0 { return nil }
            if count > 0 {
                parser.push(chunk[..<count])
            } else if navi_errno() != EINTR {
                throw .unreadable(SystemError("read", "stdin"))
            }
        }
    }
}
