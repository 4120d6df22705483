// What a tree may hold before any of it is written to a disk. Whoever pushed it chose every byte,
// and git's own plumbing accepts almost anything.

/// Why a name cannot be a component of a path, or nil.
func refusal(ofName name: [UInt8]) -> String? {
    if name.isEmpty || name == Array(".".utf8) || name == Array("..".utf8) {
        return "not a name for a file"
    }
    if name.contains(UInt8(ascii: "/")) || name.contains(0) { return "its name holds a slash" }
    // In any case: on a file system that folds case, `.GIT` would become a repository.
    if name.map(lowercased) == Array(".git".utf8) { return "nothing may be called .git" }
    if name.count > 255 { return "its name has more than 255 bytes" }
    return nil
}

/// Why a symbolic link cannot be written, or nil.
///
/// A link may climb only at its start, and no higher than its own folder lies deep: so however
/// links lead through each other, each hop begins in a real folder and ends within the tree.
/// - Parameter depth: how many folders lie between the tree's root and the link.
func refusal(ofLink target: [UInt8], depth: Int) -> String? {
    guard !target.isEmpty, target.count <= 4095, !target.contains(0) else {
        return "a link whose target is no path"
    }
    guard target.first != UInt8(ascii: "/") else { return "a link with an absolute target" }
    let steps = target.split(separator: UInt8(ascii: "/")).filter { $0 != [UInt8(ascii: ".")] }
    let up = Array("..".utf8)
    let climbs = steps.prefix { $0.elementsEqual(up) }.count
    if climbs > depth { return "a link that leads out of the tree" }
    if steps.dropFirst(climbs).contains(where: { $0.elementsEqual(up) }) {
        return "a link with '..' after a name, which may lead out of the tree"
    }
    return nil
}

private func lowercased(_ byte: UInt8) -> UInt8 {
    (0x41...0x5a).contains(byte) ? byte | 0x20 : byte
}
