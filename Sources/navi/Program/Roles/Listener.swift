import CNavi

/// `navi listen`: supervisord's event listener. It speaks for what the app's parent can't: a
/// program that supervisord gave up on, a parent that was itself killed, and a process killed for
/// memory while no parent lives.
struct Listener: ~Copyable {
    private let options: Options
    private let group: ControlGroup
    private var folder: NotificationFolder
    /// supervisord's name of the listener itself: its own end is not the app's.
    private let ownGroup: [UInt8]
    private var own = RunRecord()
    /// What an earlier listener had written down when it died: supervisord sends that event again,
    /// before any other.
    private var redelivery: Int64 = 0
    private var reader = EventReader(stream: STDIN_FILENO)

    init(_ options: Options) {
        self.options = options
        group = ControlGroup(root: options.controlGroup)
        folder = NotificationFolder(options, reporter: .listener)
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
        settleDelivery()
        return .exited(status: 0)
    }

    private mutating func handle(_ event: Event) {
        endLeftovers()
        folder.writeWaiting()
        let isDone = redelivery != 0 && event.digest == redelivery
        redelivery = 0
        if isDone { return complain("event \(event.serial) came again: it was written before") }
        settleDelivery()
        if event.name.matches("TICK_5") {
            folder.prepareSlots()
            reportKills(event)
        } else if event.name.matches("PROCESS_STATE_EXITED") {
            reportExit(event)
        } else if event.name.matches("PROCESS_STATE_FATAL") {
            reportCrash(event, Tokens(firstLine(event.payload)))
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
        guard write(notification) else { return }
        own.delivery = event.digest
        ownFile()?.write(own)
    }

    /// Another event, or the end of supervisord, tells that the last answer arrived.
    private mutating func settleDelivery() {
        guard own.delivery != 0 else { return }
        own.delivery = 0
        ownFile()?.write(own)
    }

    /// Reports the kernel's kills while no parent lives; one that does reports them itself, and
    /// holds the lock.
    private mutating func reportKills(_ event: Event) {
        guard let parent = file("parent"), parent.lock() else { return }
        defer { parent.unlock() }
        let before = reportedKills()
        guard let kills = group.memoryKills(), kills > before else { return }
        write(notification(.outOfMemory, event, killsBefore: before, killsAfter: kills))
        own.memoryKills = kills
        ownFile()?.write(own)
    }

    @discardableResult
    private mutating func write(_ notification: Notification) -> Bool {
        guard folder.write(notification) else { return false }
        folder.prepareSlots()
        return true
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
            redelivery = last.delivery
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
