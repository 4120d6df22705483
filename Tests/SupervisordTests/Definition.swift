import Desired

/// An app's definition as its author would write it, what would not stand for itself escaped.
func definition(_ environment: [String: String]) -> [UInt8] {
    var text = "language: node\nrun:\n  environment:\n"
    // A mapping without entries would be no mapping.
    if environment.isEmpty { text = "language: node\n" }
    for (name, value) in environment.sorted(by: { $0.key < $1.key }) {
        text += "    \(quoted(name)): \(quoted(value))\n"
    }
    return Array(text.utf8)
}

/// A double-quoted scalar of YAML 1.1.
private func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"", "\\": quoted += "\\\(scalar)"
        case "\n": quoted += "\\n"
        case " "..."~", "\u{a0}"..."\u{2027}", "\u{10000}"..."\u{10FFFF}":
            quoted.unicodeScalars.append(scalar)
        default:
            let digits = String(scalar.value, radix: 16)
            quoted += "\\U" + String(repeating: "0", count: 8 - digits.count) + digits
        }
    }
    return quoted + "\""
}
