import Foundation
import Testing

/// All of navi's tests, one after another: a process started in between would inherit pipes.
@Suite(.serialized)
enum NaviTests {
    /// A shell's words that wait, as the app, until navi has looked at it twice: for a sample and a
    /// look, or longer where a busy machine gave navi no time. Each look ends with navi asleep.
    static let looked = """
        slept() { sed -n 's/^voluntary_ctxt_switches:[^0-9]*//p' /proc/$PPID/status; }
        before=$(slept); sleep 0.15
        while [ $(slept) -lt $((before + 3)) ]; do sleep 0.01; done
        """
}

/// A running navi with its streams. Started by hand: Foundation's `Process` waits for the
/// grandchildren as well.
final class Running {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    struct End: Equatable {
        var exitStatus: Int32?
        var signal: Int32?
    }

    let pid: pid_t
    private let input: FileHandle
    private let output: FileHandle
    private let errors: FileHandle

    /// The binary that this build made: it lies beside the test bundle.
    static let binary: String = {
        let bundle = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        return ((bundle ?? "") as NSString).deletingLastPathComponent + "/navi"
    }()

    init(
        _ arguments: [String], environment: [String: String] = [:], binary: String = Running.binary
    ) throws {
        let pipes = [Pipe(), Pipe(), Pipe()]
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (number, pipe) in pipes.enumerated() {
            let ends = [pipe.fileHandleForReading, pipe.fileHandleForWriting].map(\.fileDescriptor)
            posix_spawn_file_actions_adddup2(&actions, ends[number == 0 ? 0 : 1], Int32(number))
            for end in ends { posix_spawn_file_actions_addclose(&actions, end) }
        }
        // The test runner blocks signals in its threads; a supervisord that inherits that hears none.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        // Writing to a navi that is gone must fail a test, not end the runner.
        Glibc.signal(SIGPIPE, SIG_IGN)
        var ignored = sigset_t()
        sigemptyset(&ignored)
        sigaddset(&ignored, SIGPIPE)
        posix_spawnattr_setsigdefault(&attributes, &ignored)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        let variables = ["PATH": "/usr/local/bin:/usr/bin:/bin"]
            .merging(environment) { _, given in given }
        var strings = ([binary] + arguments).map { strdup($0) } + [nil]
        var entries = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for string in strings + entries { free(string) } }
        var pid: pid_t = 0
        let failure = posix_spawn(&pid, binary, &actions, &attributes, &strings, &entries)
        guard failure == 0 else {
            throw Failure(description: "\(binary): \(String(cString: strerror(failure)))")
        }
        self.pid = pid
        input = pipes[0].fileHandleForWriting
        output = pipes[1].fileHandleForReading
        errors = pipes[2].fileHandleForReading
        try pipes[0].fileHandleForReading.close()
        try pipes[1].fileHandleForWriting.close()
        try pipes[2].fileHandleForWriting.close()
    }

    /// `navi run` of a shell script.
    convenience init(
        script: String, in scratch: Scratch, environment: [String: String] = [:]
    ) throws {
        let command = ["run"] + scratch.flags + ["--", "sh", "-c", script]
        try self.init(command, environment: environment)
    }

    func send(_ bytes: some Sequence<UInt8>) throws {
        try input.write(contentsOf: Data(bytes))
    }

    func send(_ text: String) throws { try send(text.utf8) }

    /// A figure of `/proc/PID/status`.
    func kilobytes(_ key: String) throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("\(key):") }
        let words = line?.split(whereSeparator: \.isWhitespace) ?? []
        guard words.count == 3, let figure = Int(words[1]) else {
            throw Failure(description: "no \(key) in /proc/\(pid)/status")
        }
        return figure
    }

    func closeInput() throws { try input.close() }

    func signal(_ number: Int32) { kill(pid, number) }

    /// Reads from stdout exactly as many bytes as the text has, and compares.
    func expect(_ text: String) throws {
        let read = try read(count: text.utf8.count)
        #expect(String(decoding: read, as: UTF8.self) == text)
    }

    /// The next line on stdout.
    func line() throws -> String {
        var line = Data()
        while let byte = try read(count: 1).first, byte != 10 { line.append(byte) }
        return String(decoding: line, as: UTF8.self)
    }

    private func read(count: Int) throws -> Data {
        var data = Data()
        let deadline = Date() + 20
        while data.count < count {
            var wait = pollfd(fd: output.fileDescriptor, events: Int16(POLLIN), revents: 0)
            let rest = Int32(max(0, deadline.timeIntervalSinceNow * 1000))
            guard poll(&wait, 1, rest) > 0 else {
                let seen = String(decoding: data, as: UTF8.self)
                throw Failure(description: "expected \(count) bytes on stdout, got: \(seen)")
            }
            guard let part = try output.read(upToCount: count - data.count), !part.isEmpty
            else { return data }
            data += part
        }
        return data
    }

    /// How it ended. It gets a minute.
    func wait() -> End {
        var status: Int32 = 0
        let ended = eventually { waitpid(pid, &status, WNOHANG) == pid }
        guard ended else {
            signal(SIGKILL)
            waitpid(pid, &status, 0)
            return End()
        }
        let signal = status & 0x7f
        return signal == 0 ? End(exitStatus: status >> 8 & 0xff) : End(signal: signal)
    }

    func remainingOutput() throws -> Data { try output.readToEnd() ?? Data() }

    func remainingErrors() throws -> String {
        String(decoding: try errors.readToEnd() ?? Data(), as: UTF8.self)
    }
}

/// Runs a shell script, which must succeed.
func shell(_ script: String) throws {
    let sbin = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"]
    let shell = try Running(["-c", script], environment: sbin, binary: "/bin/sh")
    #expect(shell.wait() == Running.End(exitStatus: 0), "\(script)")
}

/// Waits until something is so; false after a minute.
func eventually(_ condition: () throws -> Bool) rethrows -> Bool {
    for _ in 0..<6000 {
        if try condition() { return true }
        usleep(10_000)
    }
    return false
}

/// Whether a process runs: a zombie that init has not yet reaped does not.
func isAlive(_ pid: Int32) -> Bool {
    guard let stat = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
        let state = stat.split(separator: ")").last?.split(separator: " ").first
    else { return false }
    return state != "Z" && state != "X"
}
