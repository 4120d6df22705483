import CNavi

/// `navi run`: the app's parent. It knows how the app ended before supervisord does, and says so.
struct Run: ~Copyable {
    private let options: Options
    private var folder: NotificationFolder
    private let records: RunRecordFile?
    private var record: RunRecord

    init(_ options: Options) {
        self.options = options
        folder = NotificationFolder(path: options.notifications, reporter: .parent)
        let file = Self.lockedRecords(in: options.records)
        record = file?.read() ?? RunRecord()
        records = file
        record.group = 0
        record.process = environmentValue("SUPERVISOR_PROCESS_NAME") ?? []
        record.instance = environmentValue("NAVI_INSTANCE") ?? []
    }

    mutating func main() -> Ending {
        var supervision = Supervision(ControlGroup(root: options.controlGroup))
        guard var environment = AppEnvironment() else {
            complain("NAVI_ENVIRONMENT: expected base64 of KEY=VALUE entries, each ended by NUL")
            return .exited(status: ExitCode.configuration)
        }
        environment.setServoSize(limitBytes: supervision.group.memoryLimit())
        let started = start(options, environment: environment.entries)
        guard let child = started.child else { return .exited(status: started.status) }
        record.group = Int64(child.pid)
        records?.write(record)
        folder.prepareSlots()

        let result = supervision.watch(child)
        report(result, of: child, in: supervision.group)
        return result.ending
    }

    /// Locks the parent's record and ends what a killed predecessor left. The listener may hold
    /// the lock for a moment; the app starts without it rather than not at all.
    private static func lockedRecords(in folder: String) -> RunRecordFile? {
        do throws(SystemError) {
            let file = try RunRecordFile("parent", in: folder)
            for _ in 0..<20 {
                if file.lock() {
                    file.endLeftovers()
                    return file
                }
                pause(milliseconds: 10)
            }
            complain("\(folder)/parent is locked by another parent")
        } catch {
            complain(error.description)
        }
        return nil
    }

    private mutating func report(
        _ result: Supervision.Result, of child: Child, in group: borrowing ControlGroup
    ) {
        let memory = result.memory
        let kind = Self.kind(of: result)
        // An end that was asked for needs no word, nor do the kills on its way.
        if result.stopRequested || kind == .outOfMemory, let latest = memory.latest,
            memory.moved(withinMs: MemoryWatch.statusWindowMs, ofMs: result.endedAtMs)
        {
            record.memoryKills = max(record.memoryKills, latest)
        }
        record.group = 0
        guard let kind else { return explain() }
        let notification = Notification(
            kind: kind, reporter: .parent, process: record.process, instance: record.instance,
            pid: Int64(child.pid), ending: result.ending, from: Array("RUNNING".utf8),
            at: wallClock(), serial: 1,
            evidence: Notification.Evidence(
                killsBefore: kind == .outOfMemory ? memory.before : memory.latest,
                killsAfter: memory.latest, limitBytes: group.memoryLimit(),
                peakBytes: group.memoryPeak()))
        if folder.write(notification) {
            explain()
            folder.prepareSlots()
        } else {
            // The listener tries once more when it hears of the end.
            records?.write(record)
        }
    }

    private mutating func explain() {
        record.explained = Int64(getpid())
        records?.write(record)
    }

    /// What the end is called; nil when it is nobody's concern.
    private static func kind(of result: Supervision.Result) -> Notification.Kind? {
        guard !result.stopRequested else { return nil }
        let window: Int64
        switch result.ending {
        case .exited(status: 0): return nil
        case .killed(signal: SIGKILL): window = MemoryWatch.signalWindowMs
        // npm and shells pass their child's SIGKILL on as 128 + 9.
        case .exited(status: 137): window = MemoryWatch.statusWindowMs
        default: return .crash
        }
        return result.memory.moved(withinMs: window, ofMs: result.endedAtMs) ? .outOfMemory : .crash
    }
}
