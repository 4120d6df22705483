import Glibc
import Host

/// A program that runs beside the test, which may end it at any moment: no pipe, and nobody waits
/// for what it leaves running.
final class Running: Sendable {
    let processID: pid_t
    /// Where its standard output and error go.
    let log: String

    init(_ program: String, _ arguments: [String], log: String) throws {
        self.log = log
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // A group of its own; the test's masks and dispositions are not its business.
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETPGROUP) | Int16(POSIX_SPAWN_SETSIGMASK))
        var words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) }
        words.append(nil)
        defer { for word in words { free(word) } }
        var processID: pid_t = 0
        let status = posix_spawnp(&processID, program, &actions, &attributes, words, environ)
        guard status == 0 else { throw Failure("cannot run \(program): \(status)") }
        self.processID = processID
    }

    /// `modplan apply --yes` of a fixture.
    static func apply(_ world: Fixture, _ arguments: String...) throws -> Running {
        let log = "\(world.folder)/apply.log"
        unlink(log)
        return try Running(
            "\(Fixture.checkout)/.build/debug/modplan",
            ["apply", "--yes", "--config", world.config] + arguments, log: log)
    }

    /// Its exit status, or 128 and the signal's number; nil while it runs. Asked again after the end,
    /// 255.
    func poll() -> Int32? {
        var status: Int32 = 0
        let ended = waitpid(processID, &status, WNOHANG)
        guard ended != 0 else { return nil }
        guard ended == processID else { return 255 }
        return status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + (status & 0x7F)
    }

    /// Waits for its end.
    func end(withinSeconds seconds: Int) async throws -> Int32 {
        let clock = ContinuousClock()
        let end = clock.now + .seconds(seconds)
        while clock.now < end {
            if let status = poll() { return status }
            try await Task.sleep(for: .milliseconds(5))
        }
        kill(processID, SIGKILL)
        throw Failure("\(log): no end after \(seconds) s: \(text)")
    }

    var text: String {
        (try? readHostFile(log, limit: 16 << 20)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
}
