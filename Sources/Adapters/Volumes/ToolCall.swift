import Glibc
import Host

/// One call of a program of the host, as a value: made by pure functions, compared in tests.
struct ToolCall: Sendable, Equatable {
    var tool: String
    var arguments: [String]
    var environment: [String: String] = [:]
    var deadlineSeconds = 60
    /// Exit statuses that are no failure.
    var accepted: Set<Int32> = [0]
    /// What the call works on; see `holding`.
    var held: String?

    init(_ tool: String, _ arguments: [String]) {
        self.tool = tool
        self.arguments = arguments
    }

    /// The same call, with the file or device locked until the program has ended.
    ///
    /// A program outlives a modplan that is killed. The next one must not begin with a volume
    /// before it is through: two `resize2fs` at one image destroy it. `awaitOthers` waits for it.
    func holding(_ path: String) -> ToolCall {
        var call = self
        call.held = path
        return call
    }

    @discardableResult
    func run(limit: Int = 1 << 20) async throws(ToolError) -> String {
        let words = words(parent: "\(getpid())")
        do {
            return try await Tool.run(
                held == nil ? tool : "sh", words, environment: environment,
                deadlineSeconds: deadlineSeconds, limit: limit, accepted: accepted)
        } catch {
            var error = error
            if held != nil, case .status(127) = error.failure { error.failure = .missing }
            error.tool = tool
            error.arguments = arguments
            throw error
        }
    }

    /// The arguments for the program, or for the shell that holds the lock for it.
    func words(parent: String) -> [String] {
        held.map { ["-c", Self.locked, $0, parent, tool] + arguments } ?? arguments
    }

    /// The shell has the lock for as long as the program lives, which does not have it: LVM's tools
    /// start daemons. A program whose modplan died before it got the lock comes too late, and does
    /// nothing: another one may have begun.
    private static let locked =
        #"exec 9<"$0" && flock 9 && kill -0 "$1" && shift && { "$@" 9<&-; }"#
}

/// Waits until no program that a dead modplan started works on the file or device any more.
///
/// - Throws: after a minute.
func awaitOthers(at path: String) async throws {
    let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard file >= 0 else {
        if errno == ENOENT { return }
        throw SystemError("open", path)
    }
    defer {
        flock(file, LOCK_UN)
        close(file)
    }
    for _ in 0..<6000 {
        if flock(file, LOCK_EX | LOCK_NB) == 0 { return }
        guard errno == EWOULDBLOCK || errno == EINTR else { throw SystemError("lock", path) }
        try await Task.sleep(for: .milliseconds(10))
    }
    throw SystemError(
        "lock", path, code: 0,
        detail: "a program that was started earlier still works on it; see 'fuser -v' of it")
}
