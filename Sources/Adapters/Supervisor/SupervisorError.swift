/// Why supervisord's program states could not be read.
package struct SupervisorError: Error, Equatable, CustomStringConvertible {
    package enum Kind: Sendable, Equatable {
        /// Nothing lies where the socket should: supervisord does not run, or not yet.
        case absent
        /// What lies there is no socket, or is reached over a link or another mount.
        case unsafe
        /// It does not accept connections, or broke one off.
        case unreachable
        case timeout
        /// The answer is not one of supervisord's, or too large.
        case malformed
        case cancelled
    }

    package var kind: Kind
    /// The socket's path.
    package var subject: String
    package var detail: String

    package var description: String { "supervisord at \(subject): \(detail)" }
}
