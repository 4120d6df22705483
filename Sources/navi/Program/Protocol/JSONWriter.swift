/// Writes one JSON object, its members in the order they come.
struct JSONWriter {
    private(set) var bytes: [UInt8] = [UInt8(ascii: "{")]

    /// The object's bytes, whole.
    consuming func finished() -> [UInt8] { bytes + [UInt8(ascii: "}")] }

    /// A number; null when it is unknown.
    mutating func set(_ key: String, _ value: Int64?) {
        name(key)
        if let value { append("\(value)") } else { append("null") }
    }

    mutating func set(_ key: String, _ text: String) { set(key, Array(text.utf8), atMost: .max) }

    /// A string of bytes that may come from anywhere: what is no UTF-8 becomes U+FFFD, and what
    /// would take more than `limit` bytes here is left out.
    mutating func set(_ key: String, _ text: [UInt8], atMost limit: Int) {
        name(key)
        append("\"")
        let start = bytes.count
        for scalar in String(decoding: text.prefix(limit), as: UTF8.self).unicodeScalars {
            guard bytes.count - start <= limit - 6 else { break }
            switch scalar {
            case "\"": append("\\\"")
            case "\\": append("\\\\")
            case "\n": append("\\n")
            case "\u{0}"..."\u{1f}", "\u{7f}": append(Self.escaped(scalar))
            default: bytes += Array(scalar.utf8)
            }
        }
        append("\"")
    }

    /// A nested object.
    mutating func set(_ key: String, _ fill: (inout JSONWriter) -> Void) {
        name(key)
        var inner = JSONWriter()
        fill(&inner)
        bytes += inner.finished()
    }

    private mutating func name(_ key: String) {
        append(bytes.count > 1 ? ",\"" : "\"")
        append(key)
        append("\":")
    }

    private mutating func append(_ text: String) { bytes += Array(text.utf8) }

    private static func escaped(_ control: Unicode.Scalar) -> String {
        let digits = String(control.value, radix: 16)
        return "\\u00" + (digits.utf8.count < 2 ? "0" : "") + digits
    }
}
