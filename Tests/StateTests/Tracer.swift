import Foundation
import Host

/// Runs StateWriter under strace, which ends it or makes a call of its fail at a chosen system call.
struct Tracer {
    /// One system call between the writer's two marks.
    struct Call: Equatable, Sendable {
        var name: String
        /// As strace writes it, from the name on.
        var text: String
        /// Which one of its name it is in the whole process, from 1.
        var number: Int
        /// The others are the process's own memory and threads.
        var isOnFiles: Bool { !["futex", "brk", "mmap", "munmap", "madvise"].contains(name) }
    }

    enum Fault: String, CaseIterable, Sendable {
        case kill, noSpace, inputOutput

        func injection(_ call: Call) -> String {
            let what =
                switch self {
                case .kill: "signal=SIGKILL"
                case .noSpace: "error=ENOSPC"
                case .inputOutput: "error=EIO"
                }
            return "inject=\(call.name):\(what):when=\(call.number)"
        }
    }

    struct Result {
        var status: Int32
        var output: String
        /// The calls between the marks, the one that failed included.
        var calls: [Call]
        /// The fault took effect, between the marks.
        var wasInjected: Bool
    }

    static let writer =
        #filePath.split(separator: "/").dropLast(3).map { "/\($0)" }.joined()
        + "/.build/debug/StateWriter"

    /// For strace's own log.
    let scratch: String

    func run(
        _ folder: String, _ scenario: String, fault: (Fault, Call)? = nil
    ) async throws -> Result {
        let log = "\(scratch)/strace.log"
        var arguments = ["-f", "-o", log]
        if let (fault, call) = fault {
            arguments += ["-e", "trace=access,\(call.name)", "-e", fault.injection(call)]
            // Faster, but a signal is lost where seccomp is what stopped the process.
            if fault != .kill { arguments.append("--seccomp-bpf") }
        }
        var status: Int32 = 0
        var output = ""
        do {
            output = try await Tool.run("strace", arguments + [Self.writer, folder, scenario])
        } catch {
            guard case .status(let code) = error.failure else { throw error }
            status = code
            output = error.output
        }
        let (calls, tail) = try calls(in: log)
        let injected =
            fault?.0 == .kill
            ? tail.contains("killed by SIGKILL") && !calls.isEmpty
            : calls.contains { $0.text.hasSuffix("(INJECTED)") }
        return Result(status: status, output: output, calls: calls, wasInjected: injected)
    }

    /// - Returns: the calls between the marks, and the log's last line.
    private func calls(in log: String) throws -> ([Call], String) {
        let lines = String(decoding: try bytes(log), as: UTF8.self).split(separator: "\n")
        var counts: [Substring: Int] = [:]
        var calls: [Call] = []
        var isWithin = false
        for line in lines {
            let text = line.drop { $0 != " " }.drop { $0 == " " }
            guard let end = text.firstIndex(of: "("), text.first?.isLetter == true else { continue }
            let name = text[..<end]
            counts[name, default: 0] += 1
            if text.hasPrefix(#"access("/end""#) { break }
            if isWithin {
                calls.append(
                    Call(name: String(name), text: String(text), number: counts[name] ?? 0))
            }
            if text.hasPrefix(#"access("/begin""#) { isWithin = true }
        }
        return (calls, String(lines.last ?? ""))
    }
}

/// What is not on the disk yet for sure, by the calls alone.
struct Durability {
    private var paths: [String: String] = [:]
    private(set) var files: Set<String> = []
    private(set) var folders: Set<String> = []
    /// Files that got their name before their content was synced.
    private(set) var early: [String] = []

    init(_ calls: [Tracer.Call]) {
        for call in calls where !call.text.contains("= -1 ") { follow(call) }
    }

    private mutating func follow(_ call: Tracer.Call) {
        let first = String(call.text.dropFirst(call.name.count + 1).prefix { !",)".contains($0) })
        let words = call.text.split(separator: "\"", omittingEmptySubsequences: false)
        let result = String(call.text.split(separator: " ").last ?? "")
        switch call.name {
        case "openat", "openat2":
            let folder = first == "AT_FDCWD" ? "" : "\(paths[first] ?? "?")/"
            paths[result] = folder + words[1]
        case "mkdir": folders.insert(parent(String(words[1])))
        case "unlink": folders.insert(parent(String(words[1])))
        case "write": files.insert(paths[first] ?? "?")
        case "fsync", "fdatasync":
            files.remove(paths[first] ?? "?")
            folders.remove(paths[first] ?? "?")
        case "renameat":
            let folder = paths[first] ?? "?"
            if files.contains("\(folder)/\(words[1])") { early.append(call.text) }
            folders.insert(folder)
        case "rename": folders.insert(parent(String(words[1])))
        default: break
        }
    }

    private func parent(_ path: String) -> String {
        path.split(separator: "/").dropLast().map { "/\($0)" }.joined()
    }
}
