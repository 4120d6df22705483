import CNavi

/// `navi build`: the parent of `build`. The container's counters vanish with it, so they are
/// written down here: memory, processes, disk and plain failure can be told apart afterwards.
struct Build: ~Copyable {
    private static let reportName = "build-report.json"
    private static let reservedName = ".build-report"

    private let options: Options

    init(_ options: Options) { self.options = options }

    func main() -> Ending {
        let startedAt = wallClock()
        // Room for the report is taken first: a build that fills its volume is one to report.
        reserve()
        var supervision = Supervision(ControlGroup(root: options.controlGroup))
        let killsBefore = supervision.group.memoryKills()
        let deniedBefore = supervision.group.processesDenied() ?? 0
        var lowestFree = Disk(options.volume)?.freeBytes
        let volume = options.volume

        guard let environment = AppEnvironment() else {
            complain("NAVI_ENVIRONMENT: expected base64 of KEY=VALUE entries, each ended by NUL")
            return .exited(status: ExitCode.configuration)
        }
        let started = start(options, environment: environment.entries)
        var ending = Ending.exited(status: started.status)
        if let child = started.child {
            var runs = true
            while runs {
                if case .ended(let end) = supervision.next(of: child) {
                    ending = end.ending
                    runs = false
                }
                // npm and others clean up after ENOSPC: at the end there may be room again.
                if let free = Disk(volume)?.freeBytes { lowestFree = min(lowestFree ?? free, free) }
            }
        }

        let group = supervision.group
        var json = JSONWriter()
        json.set("version", 1)
        switch ending {
        case .exited(let status): json.set("exitStatus", Int64(status))
        case .killed(let signal): json.set("signal", Int64(signal))
        }
        json.set("startedAt", timestamp(startedAt))
        json.set("endedAt", timestamp(wallClock()))
        json.set("memory") { memory in
            memory.set("oomKillsBefore", killsBefore)
            memory.set("oomKillsAfter", group.memoryKills())
            memory.set("limitBytes", group.memoryLimit())
            memory.set("peakBytes", group.memoryPeak())
        }
        json.set("processes") { processes in
            processes.set("limit", group.processLimit())
            processes.set("denied", group.processesDenied().map { $0 - deniedBefore })
        }
        let disk = Disk(options.volume)
        json.set("disk") { inner in
            inner.set("sizeBytes", disk?.sizeBytes)
            inner.set("freeBytes", disk?.freeBytes)
            inner.set("lowestFreeBytes", lowestFree)
        }
        write(json.finished() + [UInt8(ascii: "\n")])
        return ending
    }

    private func reserve() {
        do throws(SystemError) {
            let folder = try Descriptor(options.volume, flags: O_RDONLY | O_DIRECTORY)
            try SlotFile.fill(
                Self.reservedName, as: "\(Self.reservedName)-filling", beneath: folder.number)
        } catch {
            complain("no room reserved for the build's report: \(error.description)")
        }
    }

    private func write(_ report: [UInt8]) {
        do throws(SystemError) {
            let folder = try Descriptor(options.volume, flags: O_RDONLY | O_DIRECTORY)
            let file = try SlotFile.claim(
                from: [], as: Self.reservedName, beneath: folder.number)
            try file.replaceContents(with: report)
            try file.sync()
            if renameat(folder.number, Self.reservedName, folder.number, Self.reportName) != 0 {
                throw SystemError("rename", "\(options.volume)/\(Self.reservedName)")
            }
            try folder.sync()
        } catch {
            complain("build report not written: \(error.description)")
        }
    }
}

/// The size of a volume and what is left for its user, in bytes.
struct Disk {
    let sizeBytes: Int64
    let freeBytes: Int64

    init?(_ path: String) {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return nil }
        sizeBytes = Int64(status.f_blocks) * Int64(status.f_frsize)
        freeBytes = Int64(status.f_bavail) * Int64(status.f_frsize)
    }
}
