import FoundationEssentials
import Glibc
import Synchronization

/// Results go to standard output, everything else to standard error, each write whole.
enum Output {
    private static let lock = Mutex(())

    static func result(_ text: String) { write(text, to: STDOUT_FILENO) }

    /// A line of progress, a warning or an error.
    static func chatter(_ line: String) { write(line + "\n", to: STDERR_FILENO) }

    /// Bytes of another's, as they are.
    static func result(_ bytes: [UInt8]) { write(bytes, to: STDOUT_FILENO) }
    static func chatter(_ bytes: [UInt8]) { write(bytes, to: STDERR_FILENO) }

    static func json(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        result(String(decoding: try encoder.encode(value), as: UTF8.self) + "\n")
    }

    /// One object on a line of its own, for streams.
    static func jsonLine(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        result(String(decoding: try encoder.encode(value), as: UTF8.self) + "\n")
    }

    /// True once nobody reads the results any more, as when `head` has seen enough.
    static var isAbandoned: Bool {
        var descriptor = pollfd(fd: STDOUT_FILENO, events: 0, revents: 0)
        return poll(&descriptor, 1, 0) == 1
            && descriptor.revents & Int16(POLLERR | POLLHUP | POLLNVAL) != 0
    }

    static var isTerminal: Bool { isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1 }

    static var areTerminals: (output: Bool, errors: Bool) {
        (isatty(STDOUT_FILENO) == 1, isatty(STDERR_FILENO) == 1)
    }

    private static func write(_ text: String, to descriptor: Int32) {
        write(Array(text.utf8), to: descriptor)
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32) {
        lock.withLock { _ in
            var bytes = bytes[...]
            while !bytes.isEmpty {
                let count = bytes.withUnsafeBytes {
                    Glibc.write(descriptor, $0.baseAddress, $0.count)
                }
                if count < 0 && errno == EINTR { continue }
                // Nobody reads any more: what is under way is finished all the same.
                guard count > 0 else { return }
                bytes = bytes.dropFirst(count)
            }
        }
    }
}
