import FoundationEssentials
import Glibc
import Host
import Subprocess
import SystemPackage
import Testing

/// What a program did.
struct Outcome: Sendable, CustomStringConvertible {
    var status: Int32
    var output: String
    var errors: String

    var description: String { "exit status \(status)\n\(output)\n\(errors)" }
}

/// One installation of its own on the real engine: a definitions repository, a host file, volumes
/// and a relay that records what modplan asks of the engine. Everything goes when the test ends.
struct Fixture: Sendable {
    let name: String
    let folder: String
    let proxy: EngineProxy
    /// The engine's own socket.
    let engine: String
    var clone: String { "\(folder)/definitions" }
    var config: String { "\(folder)/modplan.yaml" }
    var volumes: String { "\(folder)/volumes" }

    /// The checkout that the tests were built from.
    static let checkout = #filePath.split(separator: "/").dropLast(3).map { "/\($0)" }.joined()

    /// The prefix of the images to run on, so that images under trial need not take the place of
    /// those that others use.
    static let images = getenv("MODPLAN_TEST_IMAGES").map { String(cString: $0) } ?? "modplan"

    static func with(
        engine: String = "/var/run/docker.sock", _ body: (Fixture) async throws -> Void
    ) async throws {
        var template = Array("/var/tmp/modplan-e2e-XXXXXX".utf8CString)
        let folder = String(cString: try #require(mkdtemp(&template)))
        let fixture = Fixture(
            name: "e2e-\(folder.suffix(6).lowercased())", folder: folder,
            proxy: try EngineProxy(path: "\(folder)/engine.sock", engine: engine), engine: engine)
        let result: Result<Void, any Error>
        do {
            try await fixture.prepare()
            result = .success(try await body(fixture))
        } catch {
            result = .failure(error)
        }
        do {
            try await fixture.remove()
        } catch {
            // Of two failures the first says more.
            if case .success = result { throw error }
        }
        try result.get()
    }

    private func prepare() async throws {
        try await git(in: "/", "init", "--quiet", "--initial-branch=main", clone)
        try write(
            """
            definitions: {repository: definitions, ref: HEAD, path: apps}
            installation: \(name)
            images: \(Self.images)
            docker: unix://\(proxy.path)
            volumes: {backend: file, directory: \(volumes)}

            """, to: "../modplan.yaml")
        try makeFolders("\(clone)/sources")
        for source in ["hello-node", "hello-static"] {
            try await Tool.run(
                "cp", ["-R", "\(Self.checkout)/examples/sources/\(source)", "\(clone)/sources/"])
        }
    }

    private func remove() async throws {
        let ended = try await modplan("destroy", "--yes", "--allow-destroy")
        // Whatever a broken modplan left is removed without it, and told.
        let marked = ["--filter", "label=modplan.installation=\(name)"]
        let left = try await words(["ps", "--all", "--quiet"] + marked)
        if !left.isEmpty { try await docker(["rm", "--force"] + left) }
        let networks = try await words(["network", "ls", "--quiet"] + marked)
        if !networks.isEmpty { try await docker(["network", "rm"] + networks) }
        let mounts = try mountPoints().filter { $0.hasPrefix("\(folder)/") }.sorted()
        for mount in mounts { try await Tool.run("umount", [mount]) }
        proxy.close()
        try Directory(path: "/var/tmp").removeTree(String(folder.dropFirst("/var/tmp/".count)))
        #expect(ended.status == 0, "\(ended)")
        #expect(left.isEmpty && networks.isEmpty && mounts.isEmpty)
    }

    /// Asks the engine itself, past the relay.
    @discardableResult
    func docker(_ arguments: [String]) async throws -> String {
        try await Tool.run("docker", ["--host", "unix://\(engine)"] + arguments)
    }

    private func words(_ arguments: [String]) async throws -> [String] {
        try await docker(arguments).split(whereSeparator: \.isWhitespace).map(String.init)
    }

    // MARK: Definitions

    func define(_ app: String, _ run: String) throws { try define(app, "hello-static", run) }

    /// A definition of an app whose source is one of the examples'.
    func define(_ app: String, _ example: String, _ run: String) throws {
        try write(
            """
            app: \(app)
            language: \(example == "hello-node" ? "node" : "static")
            source: {path: sources/\(example)}
            build: {network: none, volume: 128MiB}
            run:
              volume: 64MiB
            \(run.split(separator: "\n").map { "  \($0)" }.joined(separator: "\n"))

            """, to: "apps/\(app).yaml")
    }

    func write(_ text: String, to path: String) throws {
        let whole = "\(clone)/\(path)"
        let parts = whole.split(separator: "/")
        let parent = "/" + parts.dropLast().joined(separator: "/")
        try makeFolders(parent)
        try Directory(path: parent).replaceDurably(String(parts.last ?? ""), text.utf8, mode: 0o644)
    }

    func commit(_ message: String) async throws {
        try await git(in: clone, "add", "--all")
        try await git(
            in: clone, "-c", "user.name=test", "-c", "user.email=test@localhost", "commit",
            "--quiet", "--message", message)
    }

    @discardableResult
    func git(in folder: String, _ arguments: String...) async throws -> String {
        try await Tool.run("git", ["-C", folder] + arguments)
    }

    // MARK: Commands

    func modplan(_ arguments: String..., config: String? = nil) async throws -> Outcome {
        try await Self.run(arguments + ["--config", config ?? self.config])
    }

    /// Runs modplan with these words and no others.
    static func run(_ arguments: [String]) async throws -> Outcome {
        let binary = "\(Self.checkout)/.build/debug/modplan"
        let result = try await Subprocess.run(
            .path(FilePath(binary)), arguments: Arguments(arguments),
            output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
        let status: Int32 =
            switch result.terminationStatus {
            case .exited(let code): code
            case .signaled(let signal): 128 + signal
            }
        return Outcome(status: status, output: result.standardOutput, errors: result.standardError)
    }

    /// The output of a shell's pipeline.
    static func pipeline(_ words: String) async throws -> String {
        try await Tool.run("sh", ["-c", words])
    }

    /// Applies, and expects it to work.
    func apply(_ apps: String...) async throws {
        let outcome = try await modplan("apply", "--yes")
        try #require(outcome.status == 0, "\(outcome)")
    }

    /// The plan's text, with the exit status that says whether it holds steps.
    func plan() async throws -> Outcome { try await modplan("plan", "--detailed-exitcode") }

    // MARK: The world

    /// The address of an app's container on its bridge.
    func address(
        _ app: String, instance: Int = 0, port: Int = 8080
    ) async throws -> String {
        let text = try await inspect(
            app, instance: instance, "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}")
        return "\(text):\(port)"
    }

    func get(_ address: String) async throws -> String {
        try await Tool.run(
            "curl", ["--silent", "--show-error", "--fail", "--max-time", "5", "http://\(address)"])
    }

    func containers(_ app: String) async throws -> [String] {
        try await words(
            [
                "ps", "--quiet", "--filter", "label=modplan.installation=\(name)", "--filter",
                "label=modplan.app=\(app)",
            ])
    }

    func container(_ app: String, instance: Int = 0) async throws -> String {
        let found = try await words(
            [
                "ps", "--all", "--quiet", "--filter", "label=modplan.installation=\(name)",
                "--filter", "label=modplan.app=\(app)", "--filter",
                "label=modplan.instance=\(instance)", "--filter", "label=modplan.intent=run",
            ])
        return try #require(found.first)
    }

    func inspect(_ app: String, instance: Int = 0, _ format: String) async throws -> String {
        let id = try await container(app, instance: instance)
        let text = try await docker(["inspect", "--format", format, id])
        return text.trimmingSuffix("\n")
    }

    /// Runs a command in an app's container, as its user.
    func exec(_ app: String, _ command: String...) async throws -> Outcome {
        let id = try await container(app)
        let result = try await Subprocess.run(
            .name("docker"),
            arguments: Arguments(["--host", "unix://\(engine)", "exec", id] + command),
            output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
        guard case .exited(let code) = result.terminationStatus else { throw Failure("exec died") }
        return Outcome(status: code, output: result.standardOutput, errors: result.standardError)
    }

    /// The app's own process on the host: the child of navi.
    func appProcess(_ app: String) async throws -> Int32 {
        let id = try await container(app)
        let table = try await docker(["top", id, "-eo", "pid,ppid,comm"])
        let rows = table.split(separator: "\n").dropFirst().map { $0.split(separator: " ") }
        let navis = Set(rows.filter { $0.last == "navi" }.compactMap { $0.first })
        let child = rows.first { $0.count > 2 && navis.contains($0[1]) }
        return try #require(child.flatMap { Int32($0[0]) })
    }

    /// Applies a plan that grows volumes, and restarts nothing. A sandbox without CAP_SYS_RESOURCE says
    /// so clearly, with a way out that works.
    func applyGrowth(of app: String, under process: Int32) async throws {
        let outcome = try await modplan("apply", "--yes")
        #expect(try await appProcess(app) == process, "nothing was restarted")
        guard outcome.status != 0 else { return }
        #expect(outcome.errors.contains("CAP_SYS_RESOURCE"), "\(outcome)")
        for verb in ["stop", "start"] {
            let outcome = try await modplan(verb, app)
            #expect(outcome.status == 0, "\(outcome)")
        }
    }

    /// Polls until the condition holds; fails after 15 s.
    func await(_ what: String, _ condition: () async throws -> Bool) async throws {
        for _ in 0..<150 {
            if try await condition() { return }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw Failure("waited 15 s for \(what)")
    }
}

extension String {
    func trimmingSuffix(_ suffix: String) -> String {
        hasSuffix(suffix) ? String(dropLast(suffix.count)) : self
    }
}
