import Host

/// What LVM's own words mean here, and what to do.
struct LVMFailures: Sendable {
    let group: String
    let pool: String

    /// - Parameter report: the group as it was before, which tells data and metadata apart.
    func explain(_ error: any Error, _ report: LVMReport? = nil) -> String {
        switch error {
        case let failure as LVMReport.Failure: explain(failure)
        case let error as ToolError: explain(error, report)
        default: "\(error)"
        }
    }

    private func explain(_ failure: LVMReport.Failure) -> String {
        switch failure {
        case .noPool: noPool
        case .noThinPool:
            "\(group)/\(pool) is no thin pool; correct volumes.pool, or make one: "
                + "lvcreate --type thin-pool"
        case .unreadable(let text):
            "lvs does not answer as LVM 2.03 does: \(text)"
        }
    }

    private func explain(_ error: ToolError, _ report: LVMReport?) -> String {
        func says(_ words: String) -> Bool { error.output.contains(words) }
        if says("Volume group \"\(group)\" not found") {
            return "there is no volume group '\(group)'; make it with 'vgcreate \(group) DISK', or "
                + "correct volumes.group"
        }
        if says("Pool \(pool) not found") { return noPool }
        if says("reached threshold") || says("out of data space") || says("out of metadata") {
            return full(report)
        }
        if isMissing(error) { return "no such volume" }
        if says("missing from kernel") || says("device-mapper driver")
            || says("/dev/mapper/control") || says("Required device-mapper target")
        {
            return
                "this kernel has no thin pools; 'modprobe dm_thin_pool', or use volumes.backend: "
                + "file"
        }
        if says("in use") || says("resource busy") {
            return "it is in use; 'fuser -vm' its mount point and 'dmsetup info' tell by whom: end "
                + "that, and apply again"
        }
        return "\(Self.withoutWarnings(error))"
    }

    /// True for the volume itself, not for its group or pool.
    func isMissing(_ error: ToolError) -> Bool {
        error.output.contains("Failed to find logical volume")
            || error.output.contains("not found in volume group")
            || (error.output.contains("Snapshot origin LV")
                && error.output.contains("not found in Volume group"))
    }

    func isTaken(_ error: ToolError) -> Bool {
        error.output.contains("already exists in volume group")
    }

    private var noPool: String {
        "there is no thin pool '\(pool)' in the group '\(group)'; make it with 'lvcreate -T -L SIZE "
            + "--errorwhenfull y \(group)/\(pool)', or correct volumes.pool"
    }

    private func full(_ report: LVMReport?) -> String {
        let metadata = report?.pool.metadataUsedPercent ?? 0
        guard metadata > report?.pool.usedPercent ?? 100 else {
            return "the thin pool \(group)/\(pool) is full; remove volumes ('modplan prune'), or "
                + "'lvextend -L +SIZE \(group)/\(pool)'"
        }
        return "the metadata of the thin pool \(group)/\(pool) is full (\(metadata) %); remove "
            + "volumes, or 'lvextend --poolmetadatasize +SIZE \(group)/\(pool)'"
    }

    /// LVM warns of every pool that promises more than it has.
    static func withoutWarnings(_ error: ToolError) -> ToolError {
        var error = error
        error.output = error.output.split(separator: "; ")
            .map { $0.drop { $0 == " " } }.filter { !$0.hasPrefix("WARNING:") }
            .joined(separator: "; ")
        return error
    }
}
