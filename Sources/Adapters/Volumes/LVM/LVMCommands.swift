/// The calls of LVM's tools for one pool. Extents are counted, so that LVM rounds nothing.
struct LVMCommands: Sendable {
    let names: LVMNames
    let pool: String

    /// The whole group in one call.
    func list() -> ToolCall {
        lvm(
            "lvs",
            ["--reportformat", "json", "--units", "b", "--nosuffix", "--options"]
                + [LVMReport.fields.joined(separator: ","), names.group])
    }

    /// A new thin volume that is known to be half made.
    func create(_ name: String, bytes: Int64) -> ToolCall {
        lvm(
            "lvcreate",
            ["--yes", "--quiet", "--thin", "--virtualsize", "\(bytes)b"]
                + ["--name", names.logicalVolume(name)] + half(name) + ["\(names.group)/\(pool)"])
    }

    /// A thin snapshot that is active, writable, and known to be half made.
    func snapshot(_ origin: String, as name: String) -> ToolCall {
        lvm(
            "lvcreate",
            ["--yes", "--quiet", "--snapshot", "--setactivationskip", "n", "--permission", "rw"]
                + ["--name", names.logicalVolume(name)] + half(name) + [names.path(origin)])
    }

    /// In one commit of LVM's metadata, so that a volume is whole or is not.
    func finish(_ name: String, limit: Int64, labels: [String]) -> ToolCall {
        lvm(
            "lvchange",
            ["--quiet", "--deltag", LVMTag.making]
                + added([LVMTag.limit(limit)] + labels) + [names.path(name)])
    }

    func retag(_ name: String, remove: [String], add: [String], isReadOnly: Bool = false)
        -> ToolCall
    {
        lvm(
            "lvchange",
            ["--quiet"] + (isReadOnly ? ["--permission", "r"] : [])
                + remove.flatMap { ["--deltag", $0] } + added(add) + [names.path(name)])
    }

    func activate(_ name: String) -> ToolCall {
        lvm(
            "lvchange",
            ["--quiet", "--activate", "y", "--ignoreactivationskip", names.path(name)])
    }

    /// Makes what is missing of the group's devices.
    func makeNodes() -> ToolCall { lvm("vgmknodes", ["--quiet", names.group]) }

    func extend(_ name: String, extents: Int64) -> ToolCall {
        lvm("lvextend", ["--quiet", "--extents", "\(extents)", names.path(name)])
    }

    /// Only for what lies beyond the end of a file system that was shrunk.
    func reduce(_ name: String, extents: Int64) -> ToolCall {
        lvm("lvreduce", ["--quiet", "--force", "--extents", "\(extents)", names.path(name)])
    }

    /// `lvreduce` keeps the blocks behind the new end taken; this gives them back to the pool.
    func discard(_ name: String, from offset: Int64, to end: Int64) -> ToolCall {
        ToolCall(
            "blkdiscard",
            ["--offset", "\(offset)", "--length", "\(end - offset)", names.device(name)])
    }

    func rename(_ name: String, to other: String) -> ToolCall {
        lvm(
            "lvrename",
            ["--quiet", names.group, names.logicalVolume(name), names.logicalVolume(other)])
    }

    /// Removes it only if it has our mark.
    func remove(_ name: String) -> ToolCall {
        remove(names.logicalVolume(name), marked: LVMTag.mark)
    }

    /// Removes it only if it is not whole yet, as LVM sees it right then.
    func removeHalfMade(_ volume: LogicalVolume) -> ToolCall {
        remove(volume.name, marked: LVMTag.making)
    }

    private func remove(_ logicalVolume: String, marked tag: String) -> ToolCall {
        lvm(
            "lvremove",
            ["--yes", "--quiet", "--select", "lv_tags={\"\(tag)\"}"]
                + ["\(names.group)/\(logicalVolume)"])
    }

    private func half(_ name: String) -> [String] {
        added([LVMTag.mark, LVMTag.making, LVMTag.name(name)])
    }

    private func added(_ tags: [String]) -> [String] { tags.flatMap { ["--addtag", $0] } }

    private func lvm(_ tool: String, _ arguments: [String]) -> ToolCall {
        var call = ToolCall(tool, arguments)
        call.environment = ["LVM_SUPPRESS_FD_WARNINGS": "1"]
        // Others of the group may come first.
        call.deadlineSeconds = 300
        return call
    }
}
