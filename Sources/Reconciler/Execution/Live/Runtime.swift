/// The note that a build leaves of what it chose: lines of a name and a version, `node 22.20.0`.
/// The app's own code may have written it, so that only this form is taken.
enum Runtime {
    /// In an artifact.
    static let file = "app/.modplan/runtime"
    static let sizeLimit = 1024
    private static let lineLimit = 8

    struct Malformed: Error, CustomStringConvertible {
        var description: String { "expected lines such as 'node 22.20.0'" }
    }

    static func parse(_ bytes: [UInt8]) throws(Malformed) -> [String: String] {
        var versions: [String: String] = [:]
        let lines = bytes.split(separator: UInt8(ascii: "\n"))
        guard (1...lineLimit).contains(lines.count) else { throw Malformed() }
        for line in lines {
            let parts = line.split(
                separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
            guard parts.count == 2, (1...20).contains(parts[0].count),
                parts[0].allSatisfy({ (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) }),
                (1...40).contains(parts[1].count), parts[1].allSatisfy(isOfVersion)
            else { throw Malformed() }
            let name = String(decoding: parts[0], as: UTF8.self)
            guard
                versions.updateValue(String(decoding: parts[1], as: UTF8.self), forKey: name) == nil
            else { throw Malformed() }
        }
        return versions
    }

    private static func isOfVersion(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "."), UInt8(ascii: "+"),
            UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
