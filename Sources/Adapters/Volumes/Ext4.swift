import Host

/// The calls that make and change ext4, on an image or on a block device.
enum Ext4 {
    /// Without these options, mkfs writes 64 MiB for each 2 GiB; and no block is kept for root, so
    /// that the limit is the app's own.
    ///
    /// - Parameter size: in bytes; nil for all that there is.
    static func format(_ path: String, size: Int64? = nil) -> ToolCall {
        // Of the smallest volumes, 8 MiB are more than mkfs gives away.
        let journal = size.map { $0 < 32 << 20 } == true ? 4 : 8
        let options = [
            "-q", "-F", "-m", "0", "-J", "size=\(journal)", "-E",
            "nodiscard,lazy_itable_init=1,lazy_journal_init=1", path,
        ]
        return ToolCall("mkfs.ext4", options + kibibytes(size))
    }

    /// Mends what is safe to mend, which exit status 1 tells of; resize2fs wants it.
    ///
    /// - Parameter discard: gives blocks that are free back to the storage below.
    static func check(_ path: String, discard: Bool = false) -> ToolCall {
        var call = ToolCall(
            "e2fsck", ["-f", "-p"] + (discard ? ["-E", "discard"] : []) + [path])
        call.deadlineSeconds = 600
        call.accepted = [0, 1]
        return call
    }

    /// Replays the journal, and looks at all of it only if the file system says that it has errors.
    static func mend(_ path: String) -> ToolCall {
        var call = long(ToolCall("e2fsck", ["-p", path]))
        call.accepted = [0, 1]
        return call
    }

    /// Also works on a mounted one, through its device.
    ///
    /// - Parameter size: in bytes; nil for all that there is.
    static func resize(_ path: String, size: Int64? = nil) -> ToolCall {
        long(ToolCall("resize2fs", [path] + kibibytes(size)))
    }

    static func shrink(_ path: String) -> ToolCall { long(ToolCall("resize2fs", ["-M", path])) }

    static func header(_ path: String) -> ToolCall { ToolCall("dumpe2fs", ["-h", path]) }

    /// An app that finds its own file system damaged writes no further into it.
    static func mount(_ path: String, at point: String, options: [String] = []) -> ToolCall {
        let all = options + ["nodev", "nosuid", "noatime", "discard", "errors=remount-ro"]
        return ToolCall("mount", ["-t", "ext4", "-o", all.joined(separator: ","), path, point])
    }

    /// debugfs reads the device itself: a link there leads nowhere out of it, and nothing is
    /// mounted. It ends with 0 whatever happened, and says to stderr what did.
    static func read(_ file: String, from path: String) -> ToolCall {
        ToolCall("debugfs", ["-R", "cat /\(file)", path])
    }

    private static func long(_ call: ToolCall) -> ToolCall {
        var call = call
        call.deadlineSeconds = 600
        return call
    }

    private static func kibibytes(_ size: Int64?) -> [String] {
        size.map { ["\($0 / 1024)K"] } ?? []
    }
}

/// Block count times block size, from `dumpe2fs -h`.
func fileSystemSize(_ header: String) -> Int64? {
    var fields: [Substring: Int64] = [:]
    for line in header.split(separator: "\n") {
        let parts = line.split(separator: ":", maxSplits: 1)
        guard let name = parts.first, let value = parts.last else { continue }
        fields[name] = Int64(value.drop { $0 == " " })
    }
    guard let count = fields["Block count"], let size = fields["Block size"] else { return nil }
    let (bytes, overflow) = count.multipliedReportingOverflow(by: size)
    return overflow ? nil : bytes
}

/// Shrinks the file system of an unmounted volume that is to be sealed, and leaves it clean.
///
/// - Parameter discard: gives free blocks back to the storage below, too.
/// - Returns: its size in bytes.
func shrinkToFit(_ path: String, of name: String, discard: Bool) async throws -> Int64 {
    try await Ext4.check(path, discard: discard).holding(path).run()
    try await Ext4.shrink(path).holding(path).run()
    guard let size = fileSystemSize(try await Ext4.header(path).run()) else {
        throw VolumeError("seal", name, "dumpe2fs names no block count and size")
    }
    return size
}

/// Makes the file system of a copy as large as it may be. An artifact was checked when it was sealed;
/// what was mounted since has to be checked first, which resize2fs asks for.
///
/// - Parameter holding: the maker's own lock is not on the path itself.
func growCopy(_ path: String, holding: Bool = false, size: Int64? = nil) async throws {
    func run(_ call: ToolCall) async throws(ToolError) {
        try await (holding ? call.holding(path) : call).run()
    }
    do throws(ToolError) {
        try await run(Ext4.resize(path, size: size))
    } catch {
        guard error.output.contains("Please run 'e2fsck") else { throw error }
        try await run(Ext4.check(path))
        try await run(Ext4.resize(path, size: size))
    }
}

/// Empties a volume but for one folder, which must be a real one: the build owned all of it and
/// may have put a link in its place.
func keepOnly(_ folder: String, as renamed: String, in path: String) throws {
    let root = try Directory(path: path)
    guard let status = try root.attributes(folder), isFolder(status) else {
        throw SystemError("seal", "\(path)/\(folder)", code: 0, detail: "the build left no folder")
    }
    for name in try root.names() where name != folder { try root.removeTree(name) }
    if folder != renamed { try root.rename(folder, to: renamed) }
    try root.change(mode: 0o755, owner: .root)
    try root.sync()
}

/// What resize2fs says where the kernel lets nobody grow a mounted file system.
func explainGrow(_ error: ToolError) -> String {
    guard error.output.contains("Permission denied") || error.output.contains("not permitted")
    else { return "\(error)" }
    return "this host lets no mounted file system grow (it takes CAP_SYS_RESOURCE); unmount it "
        + "first: stop the app and start it again"
}

/// As both sizes are told, so that the app's owner sees by how much.
func requireRoom(for size: Int64, in name: String, limit: Int64) throws(VolumeError) {
    guard size <= limit else {
        throw VolumeError(
            "snapshot", name,
            "the build's output takes \(size) bytes and run.volume is \(limit) bytes; raise "
                + "run.volume, or build less")
    }
}

/// - Returns: true if there is something to do.
func requireGrowth(
    of name: String, from size: Int64, to limit: Int64
) throws(VolumeError) -> Bool {
    guard size <= limit else {
        throw VolumeError(
            "grow", name,
            "it has \(size) bytes and is never made smaller; ask for that much at least, or copy "
                + "its content to a new one")
    }
    return size < limit
}
