/// What to ask of a container's supervisord, as an argument list for exec.
///
/// Control goes through exec, so that it acts as the app's own user and within its limits. The
/// client's death would leave the command running, so it has a timeout of its own inside, and the
/// next one waits for it: supervisord, told by two `update`s at once to remove and to add a program,
/// starts one that it has removed and knows nothing of it from then on (4.2.5 moves on each of the
/// groups that it had before it answered).
package enum Supervisorctl: Sendable, Equatable {
    case start(program: String)
    case stop(program: String)
    case restart(program: String)
    /// Reads the configuration again and says what changed; changes nothing.
    case reread
    /// Applies what `reread` found: changed programs are restarted.
    case update

    /// The exit statuses when its time was over: it ended at SIGTERM, or had to be killed.
    package static let timedOut: Set = [124, 137]

    /// How long one that was left behind can be in the way, and its own end takes at most.
    package static func longestSeconds(timeoutSeconds: Int) -> Int { 2 * (timeoutSeconds + 3) }

    /// - Parameter timeoutSeconds: until SIGTERM; SIGKILL follows two seconds later.
    package func arguments(
        timeoutSeconds: Int = 10, configuration: String = "/etc/supervisor/supervisord.conf"
    ) -> [String] {
        [
            "flock", "--timeout", String(timeoutSeconds + 3), "--conflict-exit-code", "124",
            "/run/control.lock", "timeout", "-k", "2", String(timeoutSeconds), "supervisorctl",
            "-c",
            configuration,
        ] + words
    }

    private var words: [String] {
        switch self {
        case .start(let program): ["start", program]
        case .stop(let program): ["stop", program]
        case .restart(let program): ["restart", program]
        case .reread: ["reread"]
        case .update: ["update"]
        }
    }
}
