/// Something about an image or what it is made of that keeps it from being built.
package struct ImageError: Error, CustomStringConvertible {
    /// An image, an input or a file.
    package var subject: String
    package var message: String
    package var underlying: (any Error)?

    package init(_ subject: String, _ message: String, underlying: (any Error)? = nil) {
        self.subject = subject
        self.message = message
        self.underlying = underlying
    }

    package var description: String { "\(subject): \(message)" }
}
