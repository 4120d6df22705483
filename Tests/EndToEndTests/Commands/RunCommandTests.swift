import FoundationEssentials
import Glibc
import Host
import Subprocess
import SystemPackage
import Testing

/// `run APP -- COMMAND`: in the app's own surroundings, on a volume of its own, and nothing of it is
/// left, however it ends.
@Suite struct RunCommandTests {
    /// No value of it may be seen by anybody but the command.
    private static let secret = "s3cret 'x\" % ; # =="

    private func deployed(_ world: Fixture) async throws {
        try world.define(
            "node", "hello-node",
            "memory: 128MiB\ncpus: 0.5\nport: 9090\nready: {path: /}\n"
                + "environment: {SECRET: '\(Self.secret.replacing("'", with: "''"))'}")
        try await world.commit("node")
        try await world.apply()
    }

    @Test func aCommandRunsAsTheAppDoesOnAVolumeOfItsOwn() async throws {
        try await Fixture.with { world in
            try await deployed(world)
            let volumes = try await volumes(world)
            let script = """
                printf '%s\\n' "$SECRET" "$PORT" "$SERVO_SIZE" "$APP_DIR" "$(pwd)" "$(id -u)"
                node --version
                cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max \
                    2>/dev/null
                echo mine > /mnt/app/mine && ls /mnt/app/server.js
                cat /proc/1/comm && tr '\\0' ' ' < /proc/$PPID/cmdline | head -c 20 >&2
                exit 7
                """
            let outcome = try await run(world, "node", "sh", "-c", script)
            #expect(outcome.status == 7)
            let lines = outcome.output.split(separator: "\n").map(String.init)
            let expected = [
                Self.secret, "9090", "128", "/mnt/app", "/mnt/app", "441", "v22.20.0",
                "\(128 << 20)", "/mnt/app/server.js", "tini",
            ]
            #expect(lines == expected)
            #expect(outcome.errors == "/usr/local/bin/navi ")
            // The release that runs has not been touched.
            let app = try await world.exec("node", "ls", "/mnt/app")
            #expect(app.output.contains("server.js") && !app.output.contains("mine"))
            try await requireNothingLeft(world, volumes)
            let asked = world.proxy.texts(of: "POST")
            #expect(!asked.isEmpty && !asked.contains { $0.contains("s3cret") })
        }
    }

    @Test func whatItWritesComesAsItIs() async throws {
        try await Fixture.with { world in
            try await deployed(world)
            // More than any buffer on the way, and a last line without an end.
            let size = 20_000_000
            let script =
                "head -c \(size) /dev/zero; printf end; printf '\\033[2J' >&2; kill -TERM $$"
            let path = "\(world.folder)/out"
            let command =
                "\(Fixture.checkout)/.build/debug/modplan run node --config \(world.config) -- "
                + "sh -c \"$0\" > \(path) 2>\(path).err; echo $?"
            let status = try await Tool.run("sh", ["-c", command, script])
            #expect(status == "143\n", "a signal is passed on as a shell says it")
            #expect(try readHostFile(path, limit: 1 << 25).count == size + 3)
            #expect(try readHostFile("\(path).err", limit: 1 << 10) == Array("\u{1b}[2J".utf8))
        }
    }

    @Test func whatCannotBeRunIsSaidInOneLine() async throws {
        try await Fixture.with { world in
            try await deployed(world)
            try world.define("later", "ready: {path: /}")
            try await world.commit("later")
            let volumes = try await volumes(world)
            let missing = try await run(world, "node", "nosuch")
            #expect(missing.status == 127)
            #expect(missing.errors.hasPrefix("navi: start nosuch: "), "\(missing)")
            #expect(missing.errors.hasSuffix(": no such command on the PATH\n"))
            for (words, message) in [
                (["nope", "--", "true"], "modplan: no such app: nope"),
                (["later", "--", "true"], "modplan: later: was never deployed"),
                (["node"], "no command to run"), (["node", "--"], "no command to run"),
            ] {
                let outcome = try await modplan(world, ["run", "--config", world.config] + words)
                #expect(outcome.status == 1 && outcome.errors.contains(message), "\(outcome)")
                #expect(outcome.output.isEmpty)
            }
            try await world.apply()
            try await requireNothingLeft(world, volumes.union(try await self.volumes(world)))
        }
    }

    @Test func aStoppedAppCanBeRunIn() async throws {
        try await Fixture.with { world in
            try await deployed(world)
            try await Tool.run("docker", ["rm", "--force", try await world.container("node")])
            let outcome = try await run(world, "node", "sh", "-c", "echo $PORT")
            #expect(outcome.status == 0 && outcome.output == "9090\n", "\(outcome)")
        }
    }

    @Test func signalsEndTheCommandAndLeaveNothing() async throws {
        try await Fixture.with { world in
            try await deployed(world)
            let volumes = try await volumes(world)
            for (signal, script, status) in [
                (SIGINT, "trap 'echo ended; exit 9' TERM; echo up; sleep 60 & wait", Int32(9)),
                (SIGTERM, "echo up; exec sleep 60", 143),
            ] {
                let started = try await start(world, script)
                kill(started.pid, signal)
                #expect(await started.task.value == status)
                try await requireNothingLeft(world, volumes)
            }
        }
    }

    @Test func aKilledOneIsSweptAndALivingOneIsNot() async throws {
        try await Fixture.with { world in
            try await deployed(world)
            let volumes = try await volumes(world)
            let living = try await start(world, "echo up; exec sleep 60")
            let killed = try await start(world, "echo up; exec sleep 60")
            // Nobody sees either while it lives.
            #expect(try await world.plan().status == 0)
            try await world.apply()
            #expect(try await tasks(world).count == 2)

            kill(killed.pid, SIGKILL)
            _ = await killed.task.value
            let planned = try await world.plan()
            #expect(planned.status == 2 && planned.output.contains("left by an interrupted run"))
            #expect(planned.output.contains("Plan: 1 change, 0 drift, 0 in sync. 4 steps."))
            try await world.apply()
            #expect(try await world.plan().status == 0)
            #expect(try await tasks(world).count == 1)

            // The end of the app is the end of all of it.
            let ended = try await world.modplan("destroy", "node", "--yes", "--allow-destroy")
            #expect(ended.status == 0, "\(ended)")
            #expect(await living.task.value == 143, "it was stopped, as the app's own are")
            #expect(try await tasks(world).isEmpty)
            let left = try await self.volumes(world)
            #expect(left.count == 1 && volumes.isSuperset(of: left), "the artifact: \(left)")
        }
    }

    // MARK: Helpers

    private func run(_ world: Fixture, _ app: String, _ command: String...) async throws -> Outcome
    {
        try await modplan(world, ["run", app, "--config", world.config, "--"] + command)
    }

    private func modplan(_ world: Fixture, _ arguments: [String]) async throws -> Outcome {
        let result = try await Subprocess.run(
            .path(FilePath("\(Fixture.checkout)/.build/debug/modplan")),
            arguments: Arguments(arguments), output: .string(limit: 1 << 20),
            error: .string(limit: 1 << 20))
        guard case .exited(let status) = result.terminationStatus else {
            throw Failure("modplan was killed")
        }
        return Outcome(status: status, output: result.standardOutput, errors: result.standardError)
    }

    private struct Started {
        var pid: pid_t
        /// Gives the exit status.
        var task: Task<Int32, Never>
    }

    /// Starts a command that prints `up`, and returns once it has.
    private func start(_ world: Fixture, _ script: String) async throws -> Started {
        let path = "\(world.folder)/started-\(UInt32.random(in: 0 ... .max))"
        let words = ["run", "node", "--config", world.config, "--", "sh", "-c", script]
        let task = Task {
            let result = try? await Subprocess.run(
                .name("sh"),
                arguments: Arguments(
                    [
                        "-c", "echo $$ > \(path).pid; exec \"$@\" > \(path)", "sh",
                        "\(Fixture.checkout)/.build/debug/modplan",
                    ] + words), output: .discarded, error: .discarded)
            guard case .exited(let status)? = result?.terminationStatus else { return Int32(-1) }
            return status
        }
        try await world.await("the command") {
            (try? readHostFile(path, limit: 100)).map { $0 == Array("up\n".utf8) } ?? false
        }
        let text = String(decoding: try readHostFile("\(path).pid", limit: 20), as: UTF8.self)
        return Started(pid: try #require(pid_t(text.trimmingSuffix("\n"))), task: task)
    }

    private func tasks(_ world: Fixture) async throws -> [Substring] {
        try await Tool.run(
            "docker",
            [
                "ps", "--all", "--quiet", "--filter", "label=modplan.installation=\(world.name)",
                "--filter", "label=modplan.intent=task",
            ]
        ).split(separator: "\n")
    }

    private func volumes(_ world: Fixture) async throws -> Set<String> {
        Set(try Directory(path: "\(world.volumes)/images").names())
    }

    private func requireNothingLeft(_ world: Fixture, _ before: Set<String>) async throws {
        #expect(try await tasks(world).isEmpty)
        #expect(try await volumes(world) == before)
        #expect(try mountPoints().allSatisfy { !$0.contains(".task.") })
        let locks = try Directory(path: "\(world.folder)/state/locks").names()
        #expect(locks.allSatisfy { !$0.contains(".task.") }, "\(locks)")
        #expect(try await world.plan().status == 0)
    }
}
