import CLinux

/// SHA-256 over named fields, so that no two different inputs run together to the same bytes.
package struct ContentDigest {
    private var bytes: [UInt8] = []

    package init(_ subject: String) { add(subject, "") }

    /// Adds one field; each part is preceded by its length.
    package mutating func add(_ name: String, _ value: some StringProtocol) {
        add(name, Array(value.utf8))
    }

    package mutating func add(_ name: String, _ value: [UInt8]) {
        for part in [Array(name.utf8), value] {
            withUnsafeBytes(of: UInt64(part.count).bigEndian) { bytes += $0 }
            bytes += part
        }
    }

    /// The digest of all that was added, as 64 hexadecimal digits.
    package var hexadecimal: String { Self.hexadecimal(of: bytes) }

    /// SHA-256 of plain bytes, as 64 hexadecimal digits.
    package static func hexadecimal(of bytes: [UInt8]) -> String {
        var digest = [UInt8](repeating: 0, count: 32)
        modplan_sha256(bytes, bytes.count, &digest)
        let digits = Array("0123456789abcdef".utf8)
        return String(
            decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] },
            as: UTF8.self)
    }
}
