/// Why something could not be read from a repository: what was looked for, and what to do.
package struct GitError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Code: Sendable {
        case missingRepository, notARepository, foreignOwner
        case missingRef, notACommit, missingPath, notAFolder
        /// The tree holds what must never be written to a disk.
        case unsafeTree
        case limitExceeded
        /// libgit2 failed for another reason, an unreadable object for one; its words are in
        /// `message`.
        case library
    }

    package enum Operation: String, Sendable {
        case open, resolve, find, read, walk
    }

    package var code: Code
    package var operation: Operation
    /// What it happened to: `repository /srv/apps.git`.
    package var subject: String
    package var message: String

    /// One line, whatever a pushed name holds.
    package var description: String { printable("\(subject): \(message)") }
}

/// The text with control, format and separator characters as `\u{…}`: a pushed name must not
/// drive the terminal that shows it.
private func printable(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned:
            result += "\\u{\(String(scalar.value, radix: 16))}"
        default:
            result.unicodeScalars.append(scalar)
        }
    }
    return result
}
