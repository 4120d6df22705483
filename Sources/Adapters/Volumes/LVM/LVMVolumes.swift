import Glibc
import Host

/// Volumes as thin volumes of one pool of LVM's: a snapshot copies no data.
///
///     <group>/modplan.<name>      the volume, with our tags; `modplan.making` is one of them until
///                                 it is whole
///     <mounts>/<name>/            its mount point
///
/// LVM's own lock on the group orders its tools, those of a modplan that was killed included.
package struct LVMVolumes: VolumeStore {
    let names: LVMNames
    let pool: String
    let commands: LVMCommands
    let failures: LVMFailures
    private let mounts: String
    private let labels: @Sendable (String) -> [String]

    /// - Parameters:
    ///   - mounts: an absolute path; made at the first mount.
    ///   - labels: what a volume's name says of it, as tags: `modplan.app=blog`.
    package init(
        group: String, pool: String, mounts: String,
        labels: @escaping @Sendable (String) -> [String] = { _ in [] }
    ) {
        names = LVMNames(group: group)
        self.pool = pool
        commands = LVMCommands(names: names, pool: pool)
        failures = LVMFailures(group: group, pool: pool)
        self.mounts = mounts
        self.labels = labels
    }

    package func mountPoint(of name: String) -> String { "\(mounts)/\(name)" }

    private func point(_ name: String) -> MountPoint {
        MountPoint(volume: name, path: mountPoint(of: name))
    }

    /// Runs a tool of LVM's. Those of one group run one by one, as LVM's own lock would have it;
    /// what a dead modplan started is waited for, and comes too late if it has not begun.
    @discardableResult
    func run(_ call: ToolCall, limit: Int = 1 << 20) async throws -> String {
        try makeFolders(Self.folder)
        let path = "\(Self.folder)/\(names.group).lock"
        try makeFile(path)
        return try await call.holding(path).run(limit: limit)
    }

    func removeIfThere(_ call: ToolCall) async throws {
        do {
            try await run(call)
        } catch let error as ToolError {
            guard failures.isMissing(error) else { throw error }
        }
    }

    /// Of the whole host, and of this boot.
    static let folder = "/run/modplan"

    /// The group as it is now.
    func survey() async throws -> LVMReport {
        let json = try await run(commands.list(), limit: 64 << 20)
        return try LVMReport(json: json, pool: pool)
    }

    /// Runs an operation on a volume; whatever it throws becomes a `VolumeError` with LVM's words
    /// explained.
    func doing<Value>(
        _ operation: String, _ name: String, _ body: () async throws -> Value
    ) async throws(VolumeError) -> Value {
        do {
            return try await body()
        } catch let error as VolumeError {
            throw error
        } catch {
            throw VolumeError(operation, name, failures.explain(error))
        }
    }

    /// What is there under a name; nil for nothing.
    ///
    /// - Throws: for what another made.
    func find(
        _ name: String, in report: LVMReport, for operation: String
    ) throws -> LogicalVolume? {
        let wanted = names.logicalVolume(name)
        guard let volume = report.volumes.first(where: { $0.name == wanted }) else { return nil }
        guard volume.isOurs, volume.pool == pool else {
            throw VolumeError(
                operation, name,
                "modplan did not make the logical volume \(names.path(name)) in this pool; rename "
                    + "it with lvrename, and apply again")
        }
        return volume
    }

    private func require(
        _ name: String, in report: LVMReport, for operation: String
    ) throws -> LogicalVolume {
        guard let volume = try find(name, in: report, for: operation), !volume.isHalfMade else {
            throw VolumeError(operation, name, "no such volume")
        }
        return volume
    }

    // MARK: Looking

    package func survey(prefix: String) async throws(VolumeError) -> VolumeSurvey {
        try await doing("list", prefix) {
            let report = try await survey()
            let mounted = try mountPoints()
            var records: [VolumeRecord] = []
            for volume in report.volumes where volume.pool == pool && !volume.isHalfMade {
                guard let name = names.name(of: volume), name.hasPrefix(prefix) else { continue }
                let point = mountPoint(of: name)
                records.append(
                    VolumeRecord(
                        name: name, limit: volume.limit ?? volume.size, used: volume.used,
                        mountPoint: mounted.contains(point) ? point : nil))
            }
            return VolumeSurvey(
                volumes: records.sorted { $0.name < $1.name }, capacity: capacity(in: report))
        }
    }

    private func capacity(in report: LVMReport) -> VolumeCapacity {
        let found = report.pool
        // Not active since the host started: nothing is known of what is taken, and only what can
        // be refused for is said.
        let used = found.usedPercent.map { Int64(Double(found.size) * $0 / 100) }
        return VolumeCapacity(
            place: "the thin pool \(names.group)/\(pool)", totalBytes: found.size,
            usedBytes: used ?? 0, metadataUsedPercent: found.metadataUsedPercent,
            virtualBytes: report.virtualSize(of: pool), problem: found.problem,
            advice: found.queuesWhenFull
                ? "once it is full, writes of every app wait for 60 s before they fail: 'lvchange "
                    + "--errorwhenfull y \(names.group)/\(pool)'" : nil)
    }

    package func read(
        _ path: String, of artifact: String, limit: Int
    ) async throws(VolumeError) -> [UInt8]? {
        try await doing("read", artifact) {
            try await makePresent(artifact)
            let text = try await Ext4.read(path, from: names.device(artifact)).run(limit: limit)
            return text.isEmpty ? nil : Array(text.utf8)
        }
    }

    // MARK: Making

    package func create(_ name: String, limit: Int64) async throws(VolumeError) {
        try await doing("create", name) {
            let isNew = try await making("create", name) { report in
                let bytes = report.extents(limit) * report.extentSize
                try await run(commands.create(name, bytes: bytes))
                let device = names.device(name)
                try await Ext4.format(device, size: limit).holding(device).run()
                try await run(commands.finish(name, limit: limit, labels: labels(name)))
            }
            guard isNew else { throw VolumeError.isThere(name, for: "create") }
        }
    }

    package func snapshot(
        _ origin: String, as name: String, limit: Int64
    ) async throws(VolumeError) {
        try await doing("snapshot", name) {
            let isNew = try await making("snapshot", name) { report in
                guard let source = try find(origin, in: report, for: "snapshot"),
                    !source.isHalfMade
                else { throw VolumeError("snapshot", origin, "no such volume") }
                try requireRoom(for: source.limit ?? source.size, in: name, limit: limit)
                try await run(commands.snapshot(origin, as: name))
                let extents = report.extents(limit)
                if extents > report.extents(source.size) {
                    try await run(commands.extend(name, extents: extents))
                }
                try await growCopy(names.device(name), holding: true, size: limit)
                try await run(commands.finish(name, limit: limit, labels: labels(name)))
            }
            guard isNew else { throw VolumeError.isThere(name, for: "snapshot") }
        }
    }

    package func seal(
        _ name: String, folder: String, renamed: String, artifact: String
    ) async throws(VolumeError) {
        try await doing("seal", name) {
            let report = try await survey()
            // Of one key, so of one content; and others may have made snapshots of it.
            if try find(artifact, in: report, for: "seal") != nil {
                try await unmount(name)
                return try await remove(name)
            }
            let volume = try require(name, in: report, for: "seal")
            let device = names.device(name)
            let path = mountPoint(of: name)
            try await awaitOthers(at: device)
            try await offload { try keepOnly(folder, as: renamed, in: path) }
            try await unmount(name)
            let size = try await shrinkToFit(device, of: name, discard: true)
            try await cut(name, volume, to: size, report)
            try point(name).remove()
            try await run(
                retag(
                    name, for: artifact, limit: size, isReadOnly: true, from: limitTags(volume)))
            try await run(commands.rename(name, to: artifact))
            try await run(commands.retag(artifact, remove: [LVMTag.name(name)], add: []))
        }
    }

    package func obstacleToSnapshots() async -> String? { nil }

    package func rename(_ name: String, to other: String) async throws(VolumeError) {
        try await doing("rename", name) {
            let report = try await survey()
            let taken = try find(other, in: report, for: "rename")
            guard let volume = try find(name, in: report, for: "rename"), !volume.isHalfMade else {
                if taken != nil { return }
                throw VolumeError("rename", name, "no such volume")
            }
            guard taken == nil else {
                throw VolumeError("rename", other, "it is there already; plan again")
            }
            let device = names.device(name)
            try await awaitOthers(at: device)
            try point(name).requireUnmounted("rename")
            try await point(name).awaitRelease { try isClaimed(device: device) }
            try point(name).remove()
            try await run(retag(name, for: other, limit: volume.limit ?? volume.size))
            try await run(commands.rename(name, to: other))
            try await run(commands.retag(other, remove: [LVMTag.name(name)], add: []))
        }
    }

    /// Under its old name the volume is known until it is renamed, whose commit is LVM's.
    private func retag(
        _ name: String, for other: String, limit: Int64, isReadOnly: Bool = false,
        from limits: [String] = []
    ) -> ToolCall {
        let old = labels(name) + limits
        let new = labels(other) + [LVMTag.limit(limit), LVMTag.name(other)]
        return commands.retag(
            name, remove: old.filter { !new.contains($0) }, add: new, isReadOnly: isReadOnly)
    }

    /// Gives back what lies behind the end of the file system.
    private func cut(
        _ name: String, _ volume: LogicalVolume, to size: Int64, _ report: LVMReport
    ) async throws {
        let device = names.device(name)
        if size < volume.size {
            try await commands.discard(name, from: size, to: volume.size).holding(device).run()
        }
        let extents = report.extents(size)
        if extents < report.extents(volume.size) {
            try await run(commands.reduce(name, extents: extents))
        }
    }

    package func grow(_ name: String, limit: Int64) async throws(VolumeError) {
        try await doing("grow", name) {
            let report = try await survey()
            let volume = try require(name, in: report, for: "grow")
            let size = volume.limit ?? volume.size
            guard try requireGrowth(of: name, from: size, to: limit) else { return }
            try await makePresent(name)
            let device = names.device(name)
            try await awaitOthers(at: device)
            if report.extents(limit) > report.extents(volume.size) {
                try await run(commands.extend(name, extents: report.extents(limit)))
            }
            if try !point(name).isMounted { try await Ext4.check(device).holding(device).run() }
            do throws(ToolError) {
                try await Ext4.resize(device, size: limit).holding(device).run()
            } catch {
                throw VolumeError("grow", name, explainGrow(error))
            }
            // Last: until then it is known to be as small as it was, and is grown again.
            try await run(
                commands.retag(
                    name, remove: limitTags(volume),
                    add: [LVMTag.limit(limit)]
                ))
        }
    }

    private func limitTags(_ volume: LogicalVolume) -> [String] {
        volume.limit.map { [LVMTag.limit($0)] } ?? []
    }

    // MARK: Mounting and removing

    package func mount(_ name: String) async throws(VolumeError) {
        try await doing("mount", name) {
            try await makePresent(name)
            let device = names.device(name)
            try await awaitOthers(at: device)
            let point = point(name)
            try await point.mount(
                Ext4.mount(device, at: point.path).holding(device), of: device
            ) { try isClaimed(device: device) }
        }
    }

    package func unmount(_ name: String) async throws(VolumeError) {
        try await doing("unmount", name) {
            let device = names.device(name)
            try await point(name).unmount(device: device) { try isClaimed(device: device) }
        }
    }

    package func trim(_ name: String) async throws(VolumeError) {
        try await doing("trim", name) { try await point(name).trim() }
    }

    package func remove(_ name: String) async throws(VolumeError) {
        try await doing("remove", name) {
            let device = names.device(name)
            let point = point(name)
            try await awaitOthers(at: device)
            try point.requireUnmounted("remove")
            try await point.awaitRelease { try isClaimed(device: device) }
            try point.remove()
            try await removeIfThere(commands.remove(name))
        }
    }

    /// After the host started, or where no udev is, the device may not be there.
    private func makePresent(_ name: String) async throws {
        guard try hostEntry(names.device(name)) == nil else { return }
        try await run(commands.activate(name))
        guard try hostEntry(names.device(name)) == nil else { return }
        try await run(commands.makeNodes())
    }
}
