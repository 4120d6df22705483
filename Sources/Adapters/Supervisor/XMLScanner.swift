/// Reads tags without attributes, and text, one after the other.
struct XMLScanner {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Skips `<?xml …?>`, where there is one.
    mutating func skipDeclaration() -> Bool {
        skipSpace()
        guard consume("<?xml") else { return true }
        while position < bytes.count {
            if consume("?>") { return true }
            position += 1
        }
        return false
    }

    /// Consumes `<name>` if it comes next.
    mutating func open(_ name: String) -> Bool { tag("<\(name)>") }

    /// Consumes `</name>` if it comes next.
    mutating func close(_ name: String) -> Bool { tag("</\(name)>") }

    mutating func isAtEnd() -> Bool {
        skipSpace()
        return position == bytes.count
    }

    /// The text up to the next tag, with its references resolved; nil when one is unknown or the
    /// text is not UTF-8.
    mutating func text() -> String? {
        var result: [UInt8] = []
        while position < bytes.count, bytes[position] != UInt8(ascii: "<") {
            if bytes[position] == UInt8(ascii: "&") {
                guard let character = reference() else { return nil }
                result += Array(String(character).utf8)
            } else {
                result.append(bytes[position])
                position += 1
            }
        }
        return String(validating: result, as: UTF8.self)
    }

    /// `&lt;`, `&#10;` and the like.
    private mutating func reference() -> Character? {
        let longest = 10
        guard let end = bytes[position...].prefix(longest).firstIndex(of: UInt8(ascii: ";")) else {
            return nil
        }
        let name = String(decoding: bytes[(position + 1)..<end], as: UTF8.self)
        position = end + 1
        switch name {
        case "lt": return "<"
        case "gt": return ">"
        case "amp": return "&"
        case "quot": return "\""
        case "apos": return "'"
        default:
            let number =
                name.hasPrefix("#x")
                ? UInt32(name.dropFirst(2), radix: 16)
                : name.hasPrefix("#") ? UInt32(name.dropFirst()) : nil
            return number.flatMap(Unicode.Scalar.init).map { Character($0) }
        }
    }

    private mutating func tag(_ text: String) -> Bool {
        let start = position
        skipSpace()
        if consume(text) { return true }
        // Between `<value>` and `</value>` the space may be the value.
        position = start
        return false
    }

    private mutating func consume(_ text: String) -> Bool {
        guard bytes[position...].starts(with: text.utf8) else { return false }
        position += text.utf8.count
        return true
    }

    private mutating func skipSpace() {
        while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) {
            position += 1
        }
    }
}
