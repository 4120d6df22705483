/// What to ask of a container's supervisord, as an argument list for exec.
///
/// Control goes through exec, so that it acts as the app's own user and within its limits. The
/// client's death would leave the command running, so it has a timeout of its own inside.
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

    /// - Parameter timeoutSeconds: until SIGTERM; SIGKILL follows two seconds later.
    package func arguments(
        timeoutSeconds: Int = 10, configuration: String = "/etc/supervisor/supervisord.conf"
    ) -> [String] {
        ["timeout", "-k", "2", String(timeoutSeconds), "supervisorctl", "-c", configuration] + words
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
