import CNavi

/// `navi listen`: supervisord's event listener. It speaks for what the app's parent can't: a
/// program that supervisord gave up on, a parent that was itself killed, and a child killed for
/// memory while the app runs on.
struct Listener: ~Copyable {
    /// A kill is the parent's to report if the app ends of it; it has this long.
    private static let settleMs = 2000

    private let options: Options
    private let group: ControlGroup
    private var folder: NotificationFolder
    /// supervisord's name of the listener itself: its own end is not the app's.
    private let ownGroup: [UInt8]
    private var own = RunRecord()
    private var reader = EventReader(stream: STDIN_FILENO)

    init(_ options: Options) {
        self.options = options
        group = ControlGroup(root: options.controlGroup)
        folder = NotificationFolder(path: options.notifications, reporter: .listener)
        ownGroup = environmentValue("SUPERVISOR_GROUP_NAME") ?? []
    }

    mutating func main() -> Ending {
        var ready = writeAll(Array("READY\n".utf8), to: STDOUT_FILENO)
        recall()
        folder.prepareSlots()
        do throws(EventReader.Failure) {
            while ready, let event = try reader.next() {
                handle(event)
                // No newline after OK: supervisord would take it for output while READY.
                ready = writeAll(Array("RESULT 2\nOKREADY\n".utf8), to: STDOUT_FILENO)
            }
        } catch {
            complain(error.description)
            return .exited(status: 1)
        }
        return .exited(status: 0)
    }

    private mutating func handle(_ event: Event) {
        endLeftovers()
        if event.name.matches("TICK_5") {
            folder.prepareSlots()
            reportKilledChild(event)
        } else if event.name.matches("PROCESS_STATE_EXITED") {
            reportExit(event)
        } else if event.name.matches("PROCESS_STATE_FATAL") {
            reportCrash(event, Tokens(event.payload))
        }
    }

    private mutating func reportExit(_ event: Event) {
        guard let payload = Tokens(firstLine(event.payload)) else { return complainOf(event) }
        guard payload["expected"]?.matches("0") ?? false else { return }
        if let pid = payload["pid"]?.decimal, pid == parentRecord()?.explained { return }
        reportCrash(event, payload)
    }

    private mutating func reportCrash(_ event: Event, _ payload: Tokens?) {
        guard let payload, let process = payload["processname"] else { return complainOf(event) }
        if !ownGroup.isEmpty, payload["groupname"] == ownGroup { return }
        let kills = group.memoryKills()
        var notification = notification(.crash, event, killsBefore: kills, killsAfter: kills)
        notification.process = process
        notification.pid = payload["pid"]?.decimal
        notification.from = payload["from_state"] ?? []
        write(notification)
    }

    private mutating func reportKilledChild(_ event: Event) {
        guard let kills = group.memoryKills(), kills > reportedKills() else { return }
        for _ in 0..<(Self.settleMs / 100) {
            pause(milliseconds: 100)
            if kills <= reportedKills() { return }
        }
        let before = reportedKills()
        write(notification(.outOfMemory, event, killsBefore: before, killsAfter: kills))
        own.memoryKills = kills
        ownFile()?.write(own)
    }

    private mutating func write(_ notification: Notification) {
        if folder.write(notification) { folder.prepareSlots() }
    }

    private func notification(
        _ kind: Notification.Kind, _ event: Event, killsBefore: Int64?, killsAfter: Int64?
    ) -> Notification {
        let parent = parentRecord()
        return Notification(
            kind: kind, reporter: .listener, process: parent?.process ?? [],
            instance: parent?.instance ?? [], pid: nil, ending: nil, from: Array("RUNNING".utf8),
            at: wallClock(), serial: event.serial,
            evidence: Notification.Evidence(
                killsBefore: killsBefore, killsAfter: killsAfter, limitBytes: group.memoryLimit(),
                peakBytes: group.memoryPeak()),
            header: event.header, payload: event.payload)
    }

    private func complainOf(_ event: Event) {
        complain("event \(event.serial): expected key:value tokens with processname in its payload")
    }
}

extension Listener {
    /// Takes up what an earlier listener had reported. The first one starts from what the kernel
    /// has counted by then: it starts before the app.
    private mutating func recall() {
        if let last = ownFile()?.read() {
            own = last
        } else {
            own.memoryKills = group.memoryKills() ?? 0
            ownFile()?.write(own)
        }
    }

    private func reportedKills() -> Int64 {
        max(own.memoryKills, parentRecord()?.memoryKills ?? 0)
    }

    private func parentRecord() -> RunRecord? { file("parent")?.read() }

    private func ownFile() -> RunRecordFile? { file("listener") }

    /// Ends what a killed parent left behind. A parent that lives holds the lock.
    private func endLeftovers() {
        guard let file = file("parent"), file.lock() else { return }
        file.endLeftovers()
        file.unlock()
    }

    private func file(_ name: String) -> RunRecordFile? {
        do throws(SystemError) {
            return try RunRecordFile(name, in: options.records)
        } catch {
            complain(error.description)
            return nil
        }
    }

    private func firstLine(_ text: [UInt8]) -> ArraySlice<UInt8> {
        text.prefix { $0 != UInt8(ascii: "\n") }
    }
}
