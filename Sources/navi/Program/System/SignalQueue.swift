import CNavi

/// The signals sent to navi, taken one by one: no handler runs in between.
struct SignalQueue {
    /// What is passed on to the app.
    private static let passedOn = [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH]

    private var taken = sigset_t()

    init() {
        sigemptyset(&taken)
        sigaddset(&taken, SIGCHLD)
        for signal in Self.passedOn { sigaddset(&taken, signal) }
        sigprocmask(SIG_BLOCK, &taken, nil)
    }

    /// The next signal; nil when none came in time.
    mutating func next(withinMs limit: Int) -> Int32? {
        var time = timespec(tv_sec: limit / 1000, tv_nsec: limit % 1000 * 1_000_000)
        let signal = sigtimedwait(&taken, nil, &time)
        return signal > 0 ? signal : nil
    }

    /// Whether a signal asks the app to end.
    static func asksToStop(_ signal: Int32) -> Bool {
        signal == SIGTERM || signal == SIGINT || signal == SIGQUIT
    }
}
