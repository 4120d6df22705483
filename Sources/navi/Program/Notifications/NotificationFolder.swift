import CNavi

/// The folder where the host looks for notifications.
///
/// A file appears there complete and durable, or not at all. It is written over one of eight slot
/// files, whose blocks were allocated in advance: a volume that the app has filled has room for
/// them still. The app owns the folder and may break it in any way: then navi says so, keeps the
/// next eight elsewhere until the folder is whole again, and goes on.
struct NotificationFolder {
    private static let slots = (0..<8).map { ".slot-\($0)" }

    let path: String
    private let waiting: WaitingRoom
    private let reporter: Reporter
    private var written: Int64 = 0
    private var saidNoRoom = false

    init(_ options: Options, reporter: Reporter) {
        path = options.notifications
        waiting = WaitingRoom(path: options.records)
        self.reporter = reporter
    }

    /// Fills what is missing of the slots, as far as the volume has room.
    mutating func prepareSlots() {
        var failure: SystemError?
        do throws(SystemError) {
            let folder = try Descriptor(path, flags: O_RDONLY | O_DIRECTORY)
            for slot in Self.slots where !SlotFile.isReady(slot, beneath: folder.number) {
                do throws(SystemError) {
                    let name = ".filling-\(reporter.name)"
                    try SlotFile.fill(slot, as: name, beneath: folder.number)
                } catch {
                    failure = error
                }
            }
        } catch {
            failure = error
        }
        // Once: the listener tries again every five seconds.
        if let failure, !saidNoRoom {
            complain("notification slots in \(path): \(failure.description)")
        }
        saidNoRoom = failure != nil
    }

    /// Writes one notification, or keeps it to be written later; false, and a message, if neither
    /// is possible.
    mutating func write(_ notification: Notification) -> Bool {
        let name = nextName(at: notification.at)
        let json = notification.json
        do throws(SystemError) {
            try put(json, as: name)
            return true
        } catch {
            let isKept = waiting.keep(json, named: name, for: reporter)
            let kind = notification.kind.name
            let fate = isKept ? "waits" : "lost"
            complain("\(kind) notification not written: \(error.description): \(fate)")
            return isKept
        }
    }

    /// Writes what had to wait, as far as the folder takes it now.
    func writeWaiting() {
        waiting.forEach { name, json in
            do throws(SystemError) {
                try put(json, as: name)
                return true
            } catch {
                return false
            }
        }
    }

    private func put(_ json: [UInt8], as name: String) throws(SystemError) {
        do throws(SystemError) {
            try replaceSlot(with: json, as: name)
        } catch {
            guard error.number == EACCES, giveAccess() else { throw error }
            try replaceSlot(with: json, as: name)
        }
    }

    private func replaceSlot(with json: [UInt8], as name: String) throws(SystemError) {
        let folder = try Descriptor(path, flags: O_RDONLY | O_DIRECTORY)
        // A name for each role: a parent and a listener that write at once don't meet.
        let claimed = ".writing-\(reporter.name)"
        let file = try SlotFile.claim(from: Self.slots, as: claimed, beneath: folder.number)
        try file.replaceContents(with: json)
        try file.sync()
        if renameat(folder.number, claimed, folder.number, name) != 0 {
            throw SystemError("rename", "\(path)/\(claimed)")
        }
        try folder.sync()
    }

    /// Takes back what the app took away: both are the folder's owner. True if anything changed.
    private func giveAccess() -> Bool {
        guard let folder = try? Descriptor(path, flags: navi_o_path | O_DIRECTORY),
            let status = try? folder.status(), status.st_uid == geteuid(),
            status.st_mode & 0o700 != 0o700
        else { return false }
        // There is no chmod of a descriptor that may not even read.
        return chmod("/proc/self/fd/\(folder.number)", 0o700) == 0
    }

    /// `<nanoseconds>-<serial>-<role and pid>.json`: never the same twice, sorted by time.
    private mutating func nextName(at time: Int64) -> String {
        written += 1
        let serial = padded(written % 1_000_000, to: 6)
        return "\(padded(time, to: 19))-\(serial)-\(reporter.name)\(getpid()).json"
    }
}
