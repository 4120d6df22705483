import Subprocess
import SystemPackage

/// A program of the host that did not do what it was asked.
package struct ToolError: Error, CustomStringConvertible {
    package enum Failure: Sendable {
        case missing
        case deadline(seconds: Int)
        /// The exit status, or 128 + the signal's number.
        case status(Int32)
        case other(String)
    }

    package var tool: String
    package var arguments: [String]
    package var failure: Failure
    /// What it wrote to standard error, at most 4 KiB, trimmed.
    package var output: String

    package var description: String {
        switch failure {
        case .missing:
            "\(tool): not found; install the package that has it ('make deps' in a checkout does)"
        case .deadline(let seconds): "\(command): no end after \(seconds) s"
        case .status(let status):
            "\(command): exit status \(status)\(output.isEmpty ? "" : ": \(output)")"
        case .other(let text): "\(command): \(text)"
        }
    }

    private var command: String { ([tool] + arguments).joined(separator: " ") }
}

/// The one funnel through which programs of the host run.
package enum Tool {
    /// Runs a program to its end and gives its standard output.
    ///
    /// The program is a group of its own, so that a Ctrl-C at the terminal reaches modplan alone,
    /// which decides what to finish. It speaks English: what it says is looked for words.
    /// - Parameters:
    ///   - environment: what it has beside modplan's own environment.
    ///   - limit: the most bytes of output that are taken.
    ///   - accepted: exit statuses that are no failure.
    @discardableResult
    package static func run(
        _ tool: String, _ arguments: [String], environment: [String: String] = [:],
        deadlineSeconds: Int = 60, limit: Int = 1 << 20, accepted: Set<Int32> = [0]
    ) async throws(ToolError) -> String {
        func failed(_ failure: ToolError.Failure, _ output: String = "") -> ToolError {
            ToolError(tool: tool, arguments: arguments, failure: failure, output: output)
        }
        var options = PlatformOptions()
        options.processGroupID = 0
        // What it started itself ends with it, else it would hold the output open.
        options.teardownSequence = [
            .send(signal: .kill, toProcessGroup: true, allowedDurationToNextStep: .zero)
        ]
        var variables: [Environment.Key: String?] = ["LC_ALL": "C"]
        for (name, value) in environment { variables[Environment.Key(stringLiteral: name)] = value }
        let configuration = Configuration(
            executable: tool.contains("/") ? .path(FilePath(tool)) : .name(tool),
            arguments: Arguments(arguments), environment: .inherit.updating(variables),
            platformOptions: options)
        let result: Outcome
        do {
            result = try await withHardDeadline(seconds: deadlineSeconds) {
                try await collect(configuration, limit: limit)
            }
        } catch let error as SubprocessError {
            throw failed(
                error.code == .executableNotFound ? .missing : .other(String(describing: error)))
        } catch is DeadlineExceeded {
            throw failed(.deadline(seconds: deadlineSeconds))
        } catch {
            throw failed(.other(String(describing: error)))
        }
        guard accepted.contains(result.status) else {
            throw failed(.status(result.status), result.errors)
        }
        return result.output
    }

    private struct Outcome: Sendable {
        var status: Int32
        var output: String
        var errors: String
    }

    private static func collect(
        _ configuration: Configuration, limit: Int
    ) async throws -> Outcome {
        let result = try await Subprocess.run(
            configuration, output: .string(limit: limit), error: .string(limit: 1 << 16))
        let status: Int32 =
            switch result.terminationStatus {
            case .exited(let code): code
            case .signaled(let signal): 128 + signal
            }
        let errors = String(result.standardError.prefix(4096))
        let trimmed = errors.split(separator: "\n", omittingEmptySubsequences: true)
            .joined(separator: "; ")
        return Outcome(status: status, output: result.standardOutput, errors: trimmed)
    }
}

/// A call took longer than it may.
package struct DeadlineExceeded: Error {}

/// As `withDeadline`, for what may not end even when it is cancelled: a process that waits for a
/// disk cannot be killed. It is left to itself two seconds after the deadline.
func withHardDeadline<Value: Sendable>(
    seconds: Int, _ body: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    let (results, ended) = AsyncStream.makeStream(of: Result<Value, any Error>.self)
    let work = Task {
        let result: Result<Value, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        ended.yield(Task.isCancelled ? .failure(DeadlineExceeded()) : result)
    }
    let timer = Task {
        try await Task.sleep(for: .seconds(seconds))
        work.cancel()
        try await Task.sleep(for: .seconds(2))
        ended.yield(.failure(DeadlineExceeded()))
    }
    defer { timer.cancel() }
    return try await withTaskCancellationHandler {
        var iterator = results.makeAsyncIterator()
        // Nothing once this task itself is cancelled.
        guard let result = await iterator.next() else { throw CancellationError() }
        return try result.get()
    } onCancel: {
        work.cancel()
    }
}

/// Gives `body` so many seconds, then cancels it and throws `DeadlineExceeded`.
package func withDeadline<Value: Sendable>(
    seconds: Int, _ body: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    try await withThrowingTaskGroup(of: Value.self) { group in
        group.addTask { try await body() }
        group.addTask {
            try await Task.sleep(for: .seconds(seconds))
            throw DeadlineExceeded()
        }
        defer { group.cancelAll() }
        guard let value = try await group.next() else { throw CancellationError() }
        return value
    }
}
