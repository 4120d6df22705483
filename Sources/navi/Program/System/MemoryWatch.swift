/// Whether a death was the kernel's doing: the counter of memory kills over the last moments.
///
/// The counter moves for any process of the container, so only a movement right before the death
/// is evidence: an earlier kill of a grandchild must not label a later SIGKILL.
struct MemoryWatch {
    /// A victim of some hundred MB takes a while to die, and npm a moment to follow its child by
    /// the same signal.
    static let signalWindowMs: Int64 = 500
    /// npm or a shell may tidy up before it passes its child's SIGKILL on as status 137.
    static let statusWindowMs: Int64 = 1000

    /// The count before the latest burst of kills, and the newest one; nil: it can't be read.
    private(set) var before: Int64?
    private(set) var latest: Int64?
    private var movedAtMs = Int64.min / 2

    init(count: Int64?) {
        before = count
        latest = count
    }

    mutating func sample(_ count: Int64?, atMs now: Int64) {
        guard let count, count != latest else { return }
        if now - movedAtMs > Self.statusWindowMs { before = latest ?? count }
        if latest != nil { movedAtMs = now }
        latest = count
    }

    func moved(withinMs window: Int64, ofMs now: Int64) -> Bool { now - movedAtMs <= window }
}
