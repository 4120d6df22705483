/// One mistake in one file, where it stands and what would be right.
package struct Diagnostic: Error, Sendable, Hashable, CustomStringConvertible {
    package var file: String
    /// Counted from 1.
    package var line: Int
    /// Counted from 1, in Unicode scalars.
    package var column: Int
    /// The keys that lead to the mistake, `run.memory`; empty where the whole file is meant.
    package var path: String
    package var message: String

    package init(file: String, line: Int, column: Int, path: String, message: String) {
        self.file = file
        self.line = line
        self.column = column
        self.path = path
        self.message = message
    }

    /// `apps/web.yaml:7:11: run.memory: '12 bananas' is not a size (for example 256MiB)`, on one
    /// line whatever the file holds.
    package var description: String {
        let subject = path.isEmpty ? "" : "\(path): "
        return printable("\(file):\(line):\(column): \(subject)\(message)")
    }
}

extension Diagnostic: Comparable {
    package static func < (left: Self, right: Self) -> Bool {
        (left.file, left.line, left.column, left.path, left.message)
            < (right.file, right.line, right.column, right.path, right.message)
    }
}

/// Every mistake found, in the order of file, line and column; never empty.
package struct Diagnostics: Error, Sendable, Equatable, CustomStringConvertible {
    package var list: [Diagnostic]

    package init(_ list: some Sequence<Diagnostic>) { self.list = list.sorted() }

    package var description: String { list.map(\.description).joined(separator: "\n") }
}

/// A value, or all that is wrong with the bytes that should hold it.
package typealias Decoded<Value> = Result<Value, Diagnostics>

/// A place in a file, counted from 1.
struct Mark: Hashable {
    var line: Int
    var column: Int

    static let start = Mark(line: 1, column: 1)
}

/// Collects the mistakes of one file. A hostile file can hold thousands: only the first hundred
/// are kept.
final class Problems {
    private static let limit = 100

    let file: String
    private(set) var list: [Diagnostic] = []

    init(file: String) { self.file = file }

    func report(_ message: String, path: String, at mark: Mark) {
        guard list.count < Self.limit else { return }
        list.append(
            Diagnostic(
                file: file, line: mark.line, column: mark.column, path: path, message: message))
    }
}

/// `'found'`, cut where it is too long to be read.
func quoted(_ text: some StringProtocol) -> String {
    let scalars = String(text).unicodeScalars
    let cut = scalars.prefix(60)
    return "'\(Substring(cut))\(cut.endIndex < scalars.endIndex ? "…" : "")'"
}

/// The text with control, format and separator characters as `\u{…}`: what came from a pushed
/// file must not move the cursor of the terminal that shows it.
package func printable(_ text: String) -> String {
    if text.utf8.allSatisfy({ (0x20..<0x7f).contains($0) }) { return text }
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
