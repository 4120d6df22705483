import ArgumentParser
import Collection
import Desired
import Execution
import FoundationEssentials
import Planning
import State
import Synchronization

struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run a command in a copy of an app.",
        usage: "modplan run APP [--config FILE] -- COMMAND [ARG …]",
        discussion: """
            In the image of the app's current release, with its limits, network and environment, \
            on a copy of the release of its own. Nothing of it is left afterwards. The exit status \
            is the command's.
            """)

    @OptionGroup var common: CommonOptions
    @Argument(help: "The app.", completion: .apps) var app: String
    @Argument(parsing: .postTerminator, help: "What to run, after '--'.")
    var command: [String] = []

    func validate() throws {
        guard !command.isEmpty else {
            throw ValidationError("no command to run: give one after '--', as in 'run APP -- env'")
        }
    }

    func run() async throws {
        let installation = try Installation(common)
        try await installation.requireKnown(app)
        let status = try await TaskSession(installation).run(app, command)
        guard status == 0 else { throw ExitCode(Int32(status)) }
    }
}

/// One task from its lock to its last trace. While its lock is held, no plan touches it.
struct TaskSession {
    let installation: Installation

    init(_ installation: Installation) { self.installation = installation }

    /// - Returns: the command's exit status.
    func run(_ app: String, _ command: [String]) async throws -> Int {
        let id = String(UInt64.random(in: 1 << 44..<1 << 48), radix: 16)
        let task = TaskRequest(app: app, id: id, command: command)
        let naming = Naming(installation: installation.file.installation)
        let name = naming.task(app: app, id: id)
        let plan = try planTask(task, try await input(app))

        var lock: (any HeldLock)? = try await installation.locks.lock(
            name, operation: "run", waitSeconds: 5)
        defer {
            withExtendedLifetime(lock) {}
            lock = nil
            // And those of tasks that were killed. What is left is a few bytes.
            try? installation.locks.removeUnheld(prefix: naming.taskPrefix)
        }
        let stop = StopRequest()
        let signals = StopSignals(
            stop,
            saying: "stopping the command: SIGTERM, and SIGKILL after 15 s; again to leave at "
                + "once, and what it leaves to the next apply")
        defer { withExtendedLifetime(signals) {} }

        let printer = TaskPrinter()
        let status = Mutex<Int?>(nil)
        let console = TaskConsole(
            stop: stop,
            write: { stream, bytes in
                printer.write(stream, bytes)
                // As when `head` has seen enough.
                if Output.isAbandoned { stop.request() }
            }, ended: { code in status.withLock { $0 = code } })
        let executor = installation.executor(console)
        let failures = Failures()
        _ = await execute(
            plan.run, named: plan.run.digest, with: executor, parallelism: 1, stop: stop,
            report: failures.note)
        printer.finish()
        // Whatever came of it, and even if it was interrupted.
        let end = await execute(
            plan.end, named: plan.end.digest, with: executor, parallelism: 1, stop: StopRequest(),
            report: failures.note)
        if !end.isComplete {
            Output.chatter("modplan: warning: \(name) is left; the next apply removes it")
        }
        return status.withLock { $0 } ?? 1
    }

    private func input(_ app: String) async throws -> TaskInput {
        async let observed = installation.collector.collect()
        // A mistake in a definition keeps nobody from a command.
        let definitions = try? await installation.readDefinitions()
        return TaskInput(
            installation: installation.file.installation, observed: await observed,
            state: try installation.store.state(of: app),
            definition: definitions?.first { $0.definition.name == app }?.definition,
            policy: installation.file.policy)
    }
}

/// Says what went wrong at a step, and nothing else.
private struct Failures: Sendable {
    func note(_ event: ExecutionEvent) {
        switch event {
        case .failed(_, let message, _): Output.chatter("modplan: \(message)")
        case .started, .output, .finished, .skipped, .notStarted: break
        }
    }
}

/// A command's two streams: to a terminal as lines that are safe there, to anything else as they
/// are.
final class TaskPrinter: Sendable {
    private struct Streams {
        var output = OutputLines()
        var errors = OutputLines()
    }

    private let streams = Mutex(Streams())
    private let isTerminal: (output: Bool, errors: Bool)

    init(isTerminal: (output: Bool, errors: Bool) = Output.areTerminals) {
        self.isTerminal = isTerminal
    }

    @Sendable func write(_ stream: TaskConsole.Stream, _ bytes: [UInt8]) {
        streams.withLock { streams in
            switch stream {
            case .output where !isTerminal.output: Output.result(bytes)
            case .errors where !isTerminal.errors: Output.chatter(bytes)
            case .output:
                for line in streams.output.add(bytes) { Output.result(line + "\n") }
            case .errors:
                for line in streams.errors.add(bytes) { Output.chatter(line) }
            }
        }
    }

    /// Prints what came after the last newline.
    func finish() {
        streams.withLock { streams in
            if let rest = streams.output.rest { Output.result(rest + "\n") }
            if let rest = streams.errors.rest { Output.chatter(rest) }
            streams = Streams()
        }
    }
}
