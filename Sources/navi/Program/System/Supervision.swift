import CNavi

/// The parent's work while its child lives: pass signals on, watch the kernel's counter.
struct Supervision: ~Copyable {
    /// A stop that was asked for longer ago than this did not cause the end: the app went on.
    private static let stopMs: Int64 = 60_000
    /// How long a stopped app's other processes may take after the first is gone.
    private static let stopGraceMs = 5000
    /// How long they may take to die of SIGKILL before navi ends without them.
    private static let groupEndMs = 2000

    enum Happening {
        /// The counter was read; nothing else.
        case sampled
        /// The kernel has killed processes of the container, and the app lives.
        case killedOthers(MemoryWatch.Burst)
        case ended(End)
    }

    struct End {
        let ending: Ending
        let cause: Cause
        /// Kills that are reported neither as the end's cause nor before.
        let otherKills: MemoryWatch.Burst?
    }

    enum Cause {
        case itself
        case stop
        case memory(MemoryWatch.Burst)

        var isItself: Bool {
            if case .itself = self { true } else { false }
        }
    }

    private var signals = SignalQueue()
    private var stopAtMs: Int64?
    private var sampledAtMs = steadyMilliseconds()
    private(set) var memory: MemoryWatch
    let group: ControlGroup

    /// - Parameter reportedKills: see `MemoryWatch`.
    init(_ group: consuming ControlGroup, reportedKills: Int64? = nil) {
        memory = MemoryWatch(
            count: group.memoryKills(), reported: reportedKills, atMs: sampledAtMs)
        self.group = group
    }

    /// Waits for what comes next. Returns at each sample, and for the last time at the end.
    mutating func next(of child: Child) -> Happening {
        while true {
            let dueAtMs = sampledAtMs + memory.waitMs
            let signal = signals.next(withinMs: Int(max(0, dueAtMs - steadyMilliseconds())))
            if let signal, signal != SIGCHLD {
                child.pass(signal)
                if SignalQueue.asksToStop(signal) { stopAtMs = steadyMilliseconds() }
            }
            if let ending = child.ending() { return .ended(end(of: child, ending)) }
            let now = steadyMilliseconds()
            guard now >= dueAtMs else { continue }
            sampledAtMs = now
            memory.sample(group.memoryKills(), atMs: now)
            if memory.wantsLook { memory.look(AppLook(group: child.pid), atMs: now) }
            return memory.takeOver(atMs: now).map { .killedOthers($0) } ?? .sampled
        }
    }

    /// Finds the cause, then ends what the child left in its process group.
    private mutating func end(of child: Child, _ ending: Ending) -> End {
        let now = steadyMilliseconds()
        memory.sample(group.memoryKills(), atMs: now)
        let stopAtMs = stopAtMs.flatMap { now - $0 < Self.stopMs ? $0 : nil }
        let killed = isForMemory(ending, atMs: now)
        child.endGroup(graceMs: stopAtMs == nil ? 0 : Self.stopGraceMs)
        let kills = memory.takeRest()
        var cause = Cause.itself
        var others = kills
        if let stopAtMs {
            cause = .stop
            // A kill on the way of a stop concerns nobody.
            others = kills.flatMap { $0.startedAtMs < stopAtMs ? $0 : nil }
        } else if killed, let kills {
            cause = .memory(kills)
            others = nil
        }
        return End(ending: ending, cause: cause, otherKills: others)
    }

    /// The kernel's count once the others of the app's group are gone too. A kill that was decided
    /// before they got their SIGKILL may be counted some 10 ms after it: the kernel logs it first.
    func countAfterGroup(of child: Child) -> Int64? {
        child.awaitGroupsEnd(atMostMs: Self.groupEndMs)
        return group.memoryKills()
    }

    private func isForMemory(_ ending: Ending, atMs now: Int64) -> Bool {
        switch ending {
        case .killed(signal: SIGKILL):
            memory.killedApp
        case .exited(status: 137):
            // Shells pass their child's SIGKILL on as 128 + 9.
            memory.killedChildOfApp(atMs: now) { pid in ProcessState(pid)?.isDying == false }
        default: false
        }
    }
}
