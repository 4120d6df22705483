/// Whose end the kernel's counter of memory kills tells of.
///
/// The counter moves for any process of the container. The kernel raises it and sends SIGKILL under
/// one lock, so a process that shows no SIGKILL a moment after the movement was seen is not the
/// victim: a later SIGKILL is a plain one. A victim with much memory may take seconds to die; it
/// is seen dying meanwhile. Cases and measurements: docs/decisions/2026-11-24-whose-memory-kill.md.
struct MemoryWatch {
    /// How often the counter is read. With `settleMs`, the 100 ms after a kill in which a plain
    /// SIGKILL can't be told from it.
    static let sampleMs: Int64 = 90
    /// How long after a movement was seen its victim may still look alive.
    static let settleMs: Int64 = 10
    /// Kills that follow one another within this time are one event. Also how long a shell may
    /// take to pass its child's SIGKILL on as status 137.
    static let burstMs: Int64 = 2000
    /// A burst that does not end is told after this time.
    static let longestBurstMs: Int64 = 5000

    enum Victim {
        /// Not yet known: seen too short a time ago.
        case unknown
        case app, other
    }

    /// Kills that are one event.
    struct Burst {
        /// The count before the first of them.
        let before: Int64
        var after: Int64
        let startedAtMs: Int64
        /// The latest kill, or the latest time at which a victim was still dying.
        var lastAtMs: Int64
        /// When the latest movement was seen.
        var movedAtMs: Int64
        var victim = Victim.unknown
        /// See `AppLook`; at both looks after the latest movement.
        var bystanders: [Int32]?
    }

    /// The newest count; nil while none could be read.
    private(set) var count: Int64?
    /// The kills that nobody has reported yet.
    private(set) var burst: Burst?

    /// - Parameter reported: up to which count all kills are reported; nil before the first report.
    init(count: Int64?, reported: Int64?, atMs now: Int64) {
        self.count = count
        guard let count, let reported, count > reported else { return }
        // From before the app's start: over, and not its own.
        let over = now - Self.burstMs - 1
        burst = Burst(
            before: reported, after: count, startedAtMs: now, lastAtMs: over, movedAtMs: over,
            victim: .other)
    }

    mutating func sample(_ newest: Int64?, atMs now: Int64) {
        guard let newest else { return }
        defer { count = newest }
        guard let count, newest > count else { return }
        if burst == nil {
            burst = Burst(
                before: count, after: newest, startedAtMs: now, lastAtMs: now, movedAtMs: now)
        }
        burst?.after = newest
        burst?.lastAtMs = now
        burst?.movedAtMs = now
        burst?.bystanders = nil
        if burst?.victim == .other { burst?.victim = .unknown }
    }

    /// Whether the app's processes are to be looked at: after each sample of a burst.
    var wantsLook: Bool { burst != nil && burst?.victim != .app }

    /// How long to wait for the next sample.
    var waitMs: Int64 { burst?.victim == .unknown ? Self.settleMs : Self.sampleMs }

    /// Takes in what the app's processes look like. To be made after the counter was read.
    mutating func look(_ look: AppLook, atMs now: Int64) {
        guard var seen = burst else { return }
        if seen.victim == .unknown {
            // Whoever ends before the last look may have followed a victim that no look has caught.
            let before = seen.bystanders ?? look.bystanders
            seen.bystanders = before.filter { look.bystanders.contains($0) }
            if look.appDying {
                seen.victim = .app
            } else if now - seen.movedAtMs >= Self.settleMs {
                seen.victim = .other
            }
        }
        if look.othersDying { seen.lastAtMs = now }
        burst = seen
    }

    /// Takes a burst that is over and was not the app's: to be reported while the app lives.
    mutating func takeOver(atMs now: Int64) -> Burst? {
        guard let seen = burst, seen.victim == .other else { return nil }
        guard now - seen.lastAtMs >= Self.burstMs || now - seen.startedAtMs >= Self.longestBurstMs
        else { return nil }
        return takeRest()
    }

    /// Takes what nobody has reported.
    mutating func takeRest() -> Burst? {
        defer { burst = nil }
        return burst
    }

    /// Whether the app's end by SIGKILL was the kernel's doing. To be asked after a last sample.
    var killedApp: Bool { burst != nil && burst?.victim != .other }

    /// Whether the app's end with status 137 passes on the kernel's kill of its child: it was right
    /// then, or it was lately and nobody else can have ended with that status.
    func killedChildOfApp(atMs now: Int64, isAlive: (Int32) -> Bool) -> Bool {
        if killedApp { return true }
        guard let burst, now - burst.lastAtMs <= Self.burstMs, let bystanders = burst.bystanders
        else { return false }
        return bystanders.allSatisfy(isAlive)
    }
}

/// What the app's processes look like at one moment.
struct AppLook {
    /// Whether the app itself has got SIGKILL.
    var appDying = false
    /// Whether another process of it has.
    var othersDying = false
    /// The others that live and don't wait for a dying one: if one of them ends, its status may
    /// be what a shell passes on.
    var bystanders: [Int32] = []
}
