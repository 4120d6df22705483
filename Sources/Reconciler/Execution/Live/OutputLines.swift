import Synchronization

/// Cuts a stream of bytes into lines that are safe to print: bounded, and with every control
/// character made visible.
package struct OutputLines {
    private static let limit = 2000
    private var pending: [UInt8] = []

    package init() {}

    package mutating func add(_ bytes: [UInt8]) -> [String] {
        var lines: [String] = []
        for byte in bytes {
            if byte == 0x0A {
                lines.append(printable(pending))
                pending.removeAll()
            } else if pending.count < Self.limit {
                pending.append(byte)
            }
        }
        return lines
    }

    /// What came after the last newline.
    package var rest: String? { pending.isEmpty ? nil : printable(pending) }
}

/// Text from a container, fit for a terminal: no control character survives.
package func printable(_ bytes: some Sequence<UInt8>) -> String {
    var text = ""
    for scalar in String(decoding: Array(bytes), as: UTF8.self).unicodeScalars {
        switch scalar.value {
        case 0x0D: continue
        case 0x09: text += "    "
        case 0..<0x20, 0x7F..<0xA0, 0x202A...0x202E, 0x2066...0x2069:
            text += "\\u{\(String(scalar.value, radix: 16))}"
        default: text.unicodeScalars.append(scalar)
        }
    }
    return text
}

/// The last lines of an output.
final class TailOfOutput: Sendable {
    private static let limit = 10
    private let kept = Mutex<[String]>([])

    func add(_ line: String) { kept.withLock { $0 = ($0 + [line]).suffix(Self.limit) } }
    var lines: [String] { kept.withLock { $0 } }
}

/// Whether an output's lines hold navi's complaint that its command could not be started. An app
/// can print the same: this words an error, and decides nothing.
func isAboutStarting(_ command: String, _ lines: [String]) -> Bool {
    lines.contains { $0.hasPrefix("navi: start \(command): ") }
}
