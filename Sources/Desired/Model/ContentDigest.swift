import CLinux

/// SHA-256 over named fields, so that no two different inputs run together to the same bytes.
package struct ContentDigest {
    private var bytes: [UInt8] = []

    package init(_ subject: String) {
        bytes.reserveCapacity(512)
        add(subject, "")
    }

    /// Adds one field; each part is preceded by its length.
    package mutating func add(_ name: String, _ value: String) {
        append(name)
        append(value)
    }

    package mutating func add(_ name: String, _ value: [UInt8]) {
        append(name)
        appendCount(value.count)
        bytes += value
    }

    private mutating func append(_ part: String) {
        appendCount(part.utf8.count)
        bytes.append(contentsOf: part.utf8)
    }

    /// Eight bytes, the highest first.
    private mutating func appendCount(_ count: Int) {
        withUnsafeBytes(of: UInt64(count).bigEndian) { bytes.append(contentsOf: $0) }
    }

    /// The digest of all that was added, as 64 hexadecimal digits.
    package var hexadecimal: String { Self.hexadecimal(of: bytes) }

    /// SHA-256 of plain bytes, as 64 hexadecimal digits.
    package static func hexadecimal(of bytes: [UInt8]) -> String {
        var digest = [UInt8](repeating: 0, count: 32)
        modplan_sha256(bytes, bytes.count, &digest)
        return String(unsafeUninitializedCapacity: 64) { text in
            for (index, byte) in digest.enumerated() {
                text[2 * index] = hexadecimalDigit(byte >> 4)
                text[2 * index + 1] = hexadecimalDigit(byte & 15)
            }
            return 64
        }
    }
}

private func hexadecimalDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? value + UInt8(ascii: "0") : value - 10 + UInt8(ascii: "a")
}
