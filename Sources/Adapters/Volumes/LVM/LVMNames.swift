import CLinux

/// What a volume is called in LVM, and back.
///
/// A logical volume is named `modplan.<name>`: the prefix keeps clear of what LVM reserves
/// (`snapshot…`, `pvmove…`) and of the volumes of others. LVM reserves parts such as `_tdata` too,
/// and the kernel has room for 127 bytes of group and name, each hyphen counted twice. A name that
/// does not fit is cut and completed by its digest. The whole name always stands in a tag, which
/// counts only on the logical volume that is named after it.
struct LVMNames: Sendable {
    let group: String

    /// The name of the logical volume.
    func logicalVolume(_ name: String) -> String {
        let plain = "modplan.\(name)"
        let isPlain = name.utf8.allSatisfy { Self.isPlain($0) && $0 != UInt8(ascii: "_") }
        if isPlain && !name.isEmpty && cost(plain) <= Self.room { return plain }
        // A plain name never has a plus sign, so that no two names meet.
        let digest = "+\(Self.digest(name))"
        var head = "modplan."
        for scalar in name.unicodeScalars
        where scalar.isASCII && Self.isPlain(UInt8(scalar.value)) && scalar != "_" {
            guard cost("\(head)\(scalar)\(digest)") <= Self.room else { break }
            head.unicodeScalars.append(scalar)
        }
        return head + digest
    }

    /// Group and name, as LVM's tools take them.
    func path(_ name: String) -> String { "\(group)/\(logicalVolume(name))" }

    func device(_ name: String) -> String { "/dev/\(path(name))" }

    /// The name of a volume of ours; nil for what is another's.
    func name(of volume: LogicalVolume) -> String? {
        volume.names.first { logicalVolume($0) == volume.name }
    }

    /// True if LVM takes the name as a tag's value.
    static func isAllowed(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= 512 && name.utf8.allSatisfy(isPlain)
    }

    /// Less than the kernel's 127, for what LVM appends to a name.
    private static let room = 118

    /// How much of the room a name takes beside its group.
    private func cost(_ name: String) -> Int {
        let text = "\(group)-\(name)"
        return text.utf8.count + text.utf8.count { $0 == UInt8(ascii: "-") } - 1
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"),
            UInt8(ascii: "_"):
            true
        default: false
        }
    }

    /// 128 bits of SHA-256, hexadecimal.
    private static func digest(_ name: String) -> String {
        var digest = [UInt8](repeating: 0, count: 32)
        let bytes = Array(name.utf8)
        modplan_sha256(bytes, bytes.count, &digest)
        return digest.prefix(16).map { byte in
            let text = String(byte, radix: 16)
            return text.utf8.count == 1 ? "0\(text)" : text
        }.joined()
    }
}
