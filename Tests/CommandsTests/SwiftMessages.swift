import Foundation

/// Finds the texts that a source file makes errors of: string literals in the arguments of the
/// functions and labels that errors are made with. Not a parser; it knows literals, interpolation
/// and parentheses.
enum SwiftMessages {
    /// Shorter ones are verbs and paths: `open`, `log/app.log`.
    private static let least = 12

    static func files(in folder: URL) throws -> [URL] {
        try FileManager.default.subpathsOfDirectory(atPath: folder.path).map {
            folder.appending(path: $0)
        }.filter {
            // navi speaks to supervisord and to logs, not to people at a terminal.
            $0.pathExtension == "swift" && !$0.path.contains("/Sources/navi/")
        }.sorted { $0.path < $1.path }
    }

    /// Each literal as the fragments between its interpolations.
    static func find(in source: String) -> [[String]] {
        let code = source.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.drop { $0 == " " }.hasPrefix("//") ? "" : line
        }.joined(separator: "\n")
        let call =
            #/\b(UsageError|ValidationError|VolumeError|ImageError|Mismatch|notReady|failure|failed|refuse|report|missing)\(/#
        let label = #/\b(message|detail):\s/#
        var literals: [(Substring.Index, [String])] = []
        for match in code.matches(of: call) {
            var scanner = Scanner(code[match.range.upperBound...])
            literals += scanner.literals(untilClosed: true)
        }
        for match in code.matches(of: label) {
            var scanner = Scanner(code[match.range.upperBound...])
            literals += scanner.literals(untilClosed: false)
        }
        // A label inside a call finds the same literals again.
        var seen: Set<Substring.Index> = []
        return literals.sorted { $0.0 < $1.0 }.filter { seen.insert($0.0).inserted }
            .map(\.1)
            .filter { fragments in
                (fragments.map(\.count).max() ?? 0) >= least
            }
    }

    private struct Scanner {
        private var rest: Substring

        init(_ rest: Substring) { self.rest = rest }

        /// The literals of an argument list, or of one labelled argument.
        mutating func literals(untilClosed: Bool) -> [(Substring.Index, [String])] {
            var found: [(Substring.Index, [String])] = []
            var depth = 0
            while let character = rest.first {
                switch character {
                case "\"":
                    let start = rest.startIndex
                    found.append((start, literal()))
                    continue
                case "(", "[": depth += 1
                case ")", "]":
                    depth -= 1
                    if depth < 0 { return found }
                case "{", "}": return found
                case "," where !untilClosed && depth == 0: return found
                default: break
                }
                rest.removeFirst()
            }
            return found
        }

        /// Reads a literal, from its first quote to behind its last.
        private mutating func literal() -> [String] {
            rest.removeFirst()
            var fragments = [""]
            while let character = rest.first, character != "\"" {
                rest.removeFirst()
                guard character == "\\", let escaped = rest.first else {
                    fragments[fragments.count - 1].append(character)
                    continue
                }
                rest.removeFirst()
                if escaped == "(" {
                    skipInterpolation()
                    fragments.append("")
                } else {
                    fragments[fragments.count - 1].append(escaped == "n" ? "\n" : escaped)
                }
            }
            if !rest.isEmpty { rest.removeFirst() }
            return fragments
        }

        private mutating func skipInterpolation() {
            var depth = 1
            while let character = rest.first {
                if character == "\"" {
                    _ = literal()
                    continue
                }
                rest.removeFirst()
                if character == "(" { depth += 1 }
                if character == ")" { depth -= 1 }
                if depth == 0 { return }
            }
        }
    }
}
