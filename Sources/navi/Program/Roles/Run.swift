import CNavi

/// `navi run`: the app's parent. It knows how the app ended before supervisord does, and says so.
struct Run: ~Copyable {
    private let options: Options
    private var folder: NotificationFolder
    private let records: RunRecordFile?
    private var record: RunRecord

    init(_ options: Options) {
        self.options = options
        folder = NotificationFolder(options, reporter: .parent)
        let file = Self.lockedRecords(in: options.records)
        record = file?.read() ?? RunRecord()
        records = file
        record.group = 0
        record.process = environmentValue("SUPERVISOR_PROCESS_NAME") ?? []
        record.instance = environmentValue("NAVI_INSTANCE") ?? []
    }

    mutating func main() -> Ending {
        var supervision = Supervision(
            ControlGroup(root: options.controlGroup), reportedKills: reportedKills())
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

        while true {
            switch supervision.next(of: child) {
            case .sampled: continue
            case .killedOthers(let kills):
                report(kills, seen: Moment(), in: supervision.group)
            case .ended(let end):
                report(end, of: child, supervision)
                return end.ending
            }
        }
    }

    /// Up to which count the kernel's kills are reported, by an earlier parent or by the listener;
    /// nil if nobody ever looked.
    private func reportedKills() -> Int64? {
        let listener = try? RunRecordFile("listener", in: options.records)
        let reported = listener?.read()?.memoryKills
        guard record.memoryKills > 0 else { return reported }
        return max(record.memoryKills, reported ?? 0)
    }

    /// Locks the parent's record and ends what a killed predecessor left. The listener may hold
    /// the lock for a moment; the app starts without it rather than not at all.
    private static func lockedRecords(in folder: String) -> RunRecordFile? {
        do throws(SystemError) {
            let file = try RunRecordFile("parent", in: folder)
            for _ in 0..<500 {
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
        _ end: Supervision.End, of child: Child, _ supervision: borrowing Supervision
    ) {
        let now = Moment()
        let app = (child, end.ending)
        record.group = 0
        var isExplained = true
        switch end.cause {
        case .stop,
            .itself where end.ending.isSuccess:
            break
        case .memory(let kills):
            isExplained = write(.outOfMemory, kills, of: app, at: now.wall, in: supervision.group)
            // Even if it isn't: the listener tries once more when it hears of the end.
            record.memoryKills = kills.after
        case .itself:
            isExplained = write(.crash, nil, of: app, at: now.wall, in: supervision.group)
        }
        if isExplained { record.explained = Int64(getpid()) }
        records?.write(record)

        let count = supervision.countAfterGroup(of: child)
        if var kills = end.otherKills {
            kills.after = max(kills.after, count ?? 0)
            report(kills, seen: now, in: supervision.group)
        } else if let count, !end.cause.isItself {
            // Kills on the way of a stop concern nobody, and those beside the app's are one with it.
            record.memoryKills = count
            records?.write(record)
        }
        folder.prepareSlots()
    }

    /// Reports kills that were not the app's end. They are dated to their begin.
    private mutating func report(
        _ kills: MemoryWatch.Burst, seen now: Moment, in group: borrowing ControlGroup
    ) {
        let ageMs = max(1, now.steadyMs - kills.startedAtMs)
        let begin = now.wall - ageMs * 1_000_000
        guard write(.outOfMemory, kills, of: nil, at: begin, in: group) else { return }
        record.memoryKills = kills.after
        records?.write(record)
        folder.prepareSlots()
    }

    private mutating func write(
        _ kind: Notification.Kind, _ kills: MemoryWatch.Burst?, of app: (Child, Ending)?,
        at time: Int64, in group: borrowing ControlGroup
    ) -> Bool {
        let count = group.memoryKills()
        return folder.write(
            Notification(
                kind: kind, reporter: .parent, process: record.process, instance: record.instance,
                pid: app.map { Int64($0.0.pid) }, ending: app?.1, from: Array("RUNNING".utf8),
                at: time, serial: 1,
                evidence: Notification.Evidence(
                    killsBefore: kills?.before ?? count, killsAfter: kills?.after ?? count,
                    limitBytes: group.memoryLimit(), peakBytes: group.memoryPeak())))
    }
}
