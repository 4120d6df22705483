import CNavi

/// The parent's work while its child lives: pass signals on, watch the kernel's counter.
struct Supervision: ~Copyable {
    /// How often the counter is read, in milliseconds.
    private static let sampleMs: Int64 = 100
    /// A stop that was asked for longer ago than this did not cause the end: the app went on.
    private static let stopMs: Int64 = 60_000
    /// How long a stopped app's other processes may take after the first is gone.
    private static let stopGraceMs = 5000

    struct Result {
        let ending: Ending
        let stopRequested: Bool
        let memory: MemoryWatch
        let endedAtMs: Int64
    }

    private var signals = SignalQueue()
    private var memory: MemoryWatch
    let group: ControlGroup

    init(_ group: consuming ControlGroup) {
        memory = MemoryWatch(count: group.memoryKills())
        self.group = group
    }

    /// Waits for the child's end, then ends what it left in its process group.
    mutating func watch(_ child: Child, eachSample: () -> Void = {}) -> Result {
        var stopAtMs: Int64?
        var sampledAtMs = steadyMilliseconds()
        while true {
            let signal = signals.next(withinMs: Int(Self.sampleMs))
            if let signal, signal != SIGCHLD {
                child.pass(signal)
                if SignalQueue.asksToStop(signal) { stopAtMs = steadyMilliseconds() }
            }
            let ending = child.ending()
            let now = steadyMilliseconds()
            if ending != nil || now - sampledAtMs >= Self.sampleMs {
                memory.sample(group.memoryKills(), atMs: now)
                sampledAtMs = now
                eachSample()
            }
            guard let ending else { continue }
            let stopRequested = stopAtMs.map { now - $0 < Self.stopMs } ?? false
            child.endGroup(graceMs: stopRequested ? Self.stopGraceMs : 0)
            return Result(
                ending: ending, stopRequested: stopRequested, memory: memory, endedAtMs: now)
        }
    }
}
