import CNavi

/// The folder where the host looks for notifications.
///
/// A file appears there complete and durable, or not at all. It is written over one of eight slot
/// files, whose blocks were allocated in advance: a volume that the app has filled has room for
/// them still. The app owns the folder and may break it in any way: then navi says so and goes on.
struct NotificationFolder {
    private static let slots = (0..<8).map { ".slot-\($0)" }

    let path: String
    private let reporter: Reporter
    private var written: Int64 = 0
    private var saidNoRoom = false

    init(path: String, reporter: Reporter) {
        self.path = path
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

    /// Writes one notification; false, and a message, if the folder is in no state for it.
    mutating func write(_ notification: Notification) -> Bool {
        do throws(SystemError) {
            let folder = try Descriptor(path, flags: O_RDONLY | O_DIRECTORY)
            // A name for each role: a parent and a listener that write at once don't meet.
            let claimed = ".writing-\(reporter.name)"
            let file = try SlotFile.claim(from: Self.slots, as: claimed, beneath: folder.number)
            try file.replaceContents(with: notification.json)
            try file.sync()
            let name = nextName(at: notification.at)
            if renameat(folder.number, claimed, folder.number, name) != 0 {
                throw SystemError("rename", "\(path)/\(claimed)")
            }
            try folder.sync()
            return true
        } catch {
            let kind = notification.kind.name
            complain("\(kind) notification not written: \(error.description)")
            return false
        }
    }

    /// `<nanoseconds>-<serial>-<role and pid>.json`: never the same twice, sorted by time.
    private mutating func nextName(at time: Int64) -> String {
        written += 1
        let serial = padded(written % 1_000_000, to: 6)
        return "\(padded(time, to: 19))-\(serial)-\(reporter.name)\(getpid()).json"
    }
}
