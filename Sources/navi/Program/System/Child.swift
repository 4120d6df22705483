import CNavi

/// How a process ended.
enum Ending {
    case exited(status: Int32)
    case killed(signal: Int32)

    var isSuccess: Bool {
        if case .exited(status: 0) = self { true } else { false }
    }

    /// Ends navi the same way, so that whoever waits for it sees what it would have seen itself.
    func passOn() -> Never {
        switch self {
        case .exited(let status):
            exit(status)
        case .killed(let signal):
            navi_die_by(signal)
            exit(128 + signal)
        }
    }
}

/// The app's process, in a process group of its own.
struct Child {
    /// High enough that under memory pressure the kernel picks the app, never supervisord or navi.
    private static let oomScore = "500"

    let pid: Int32

    /// - Parameters:
    ///   - command: the arguments, the command first; ends with nil, as in C.
    ///   - environment: entries that end with a zero byte.
    /// - Throws: the reason that the command could not be started, a failed exec included.
    init(
        _ command: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>,
        environment: [[UInt8]]
    ) throws(SystemError) {
        var failure: Int32 = 0
        // Not freed: they live as long as navi, which starts one child.
        var entries: [UnsafeMutablePointer<CChar>?] = environment.map { entry in
            let copy = UnsafeMutablePointer<CChar>.allocate(capacity: entry.count)
            for (index, byte) in entry.enumerated() { copy[index] = CChar(bitPattern: byte) }
            return copy
        }
        entries.append(nil)
        pid = navi_spawn(command, &entries, Self.oomScore, &failure)
        if pid < 0 {
            let name = command.pointee.map { String(cString: $0) } ?? ""
            throw SystemError("start", name, number: failure)
        }
    }

    /// How it ended; nil while it runs.
    func ending() -> Ending? {
        var status: Int32 = 0
        guard waitpid(pid, &status, WNOHANG) == pid else { return nil }
        let signal = navi_ending_signal(status)
        return signal != 0 ? .killed(signal: signal) : .exited(status: navi_exit_status(status))
    }

    func pass(_ signal: Int32) { _ = kill(-pid, signal) }

    /// Ends what the process left behind in its group: it would keep the port from the next one.
    /// After a requested stop it gets `graceMs` to finish by itself.
    func endGroup(graceMs: Int) {
        if !awaitGroupsEnd(atMostMs: graceMs) { pass(SIGKILL) }
    }

    /// Waits until no process of the group is left; false if one still is.
    @discardableResult
    func awaitGroupsEnd(atMostMs limit: Int) -> Bool {
        for _ in 0..<(limit / 20) {
            if kill(-pid, 0) != 0 { return true }
            pause(milliseconds: 20)
        }
        return false
    }
}
