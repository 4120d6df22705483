import CNavi

/// What one role leaves for the other in `/run/navi`: the host may have taken the files already.
struct RunRecord {
    /// The last parent's pid whose end needs no word from the listener.
    var explained: Int64 = 0
    /// The process group of the app that runs now, 0 without one.
    var group: Int64 = 0
    /// The kernel's count of memory kills up to which all are reported.
    var memoryKills: Int64 = 0
    /// The digest of the event that the listener has written down and not yet seen acknowledged.
    /// 0 without one.
    var delivery: Int64 = 0
    var process: [UInt8] = []
    var instance: [UInt8] = []

    init() {}

    init?(_ line: [UInt8]) {
        guard let tokens = Tokens(line.prefix { $0 != UInt8(ascii: "\n") }),
            let explained = tokens["explained"]?.decimal, let group = tokens["group"]?.decimal,
            let memoryKills = tokens["oomKills"]?.decimal,
            let delivery = tokens["delivery"]?.decimal, let process = tokens["process"],
            let instance = tokens["instance"]
        else { return nil }
        self.explained = explained
        self.group = group
        self.memoryKills = memoryKills
        self.delivery = delivery
        self.process = process
        self.instance = instance
    }

    var line: [UInt8] {
        // Names hold no space: supervisord allows none, nor does the host.
        Array("explained:\(explained) group:\(group) oomKills:\(memoryKills) ".utf8)
            + Array("delivery:\(delivery) process:".utf8)
            + process.prefix(256) + Array(" instance:".utf8) + instance.prefix(256)
            + [UInt8(ascii: "\n")]
    }
}

/// The file of a run record. The parent holds its lock while it lives, so that the listener, or
/// the next parent, can tell that one was killed and left its app's other processes behind.
struct RunRecordFile: ~Copyable {
    private let file: Descriptor

    init(_ name: String, in folder: String) throws(SystemError) {
        if mkdir(folder, 0o700) != 0 && navi_errno() != EEXIST {
            throw SystemError("create", folder)
        }
        file = try Descriptor("\(folder)/\(name)", flags: O_RDWR | O_CREAT)
    }

    func read() -> RunRecord? {
        guard let line = try? file.contents(atMost: 1024) else { return nil }
        return RunRecord(line)
    }

    func write(_ record: RunRecord) {
        do throws(SystemError) {
            try file.replaceContents(with: record.line)
        } catch {
            complain(error.description)
        }
    }

    func lock() -> Bool { flock(file.number, LOCK_EX | LOCK_NB) == 0 }

    func unlock() { _ = flock(file.number, LOCK_UN) }

    /// Kills what a parent that was itself killed left behind. The lock must be held.
    func endLeftovers() {
        guard var record = read(), record.group > 1, record.group <= Int64(Int32.max) else {
            return
        }
        if kill(-Int32(record.group), SIGKILL) == 0 {
            complain("ended the processes of group \(record.group): their parent was killed")
        }
        record.group = 0
        write(record)
    }
}
