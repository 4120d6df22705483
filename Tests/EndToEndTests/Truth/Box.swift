import FoundationEssentials
import Glibc
import Host
import Supervisor
import Testing

/// One running instance, watched from the host: its processes, its counter, its notifications.
struct Box: Sendable {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    let world: Fixture
    let app: String
    let instance: Int
    let container: String
    private let address: String

    init(_ world: Fixture, _ app: String, instance: Int) async throws {
        self.world = world
        self.app = app
        self.instance = instance
        container = try await world.inspect(app, instance: instance, "{{.Id}}")
        address = try await world.address(app, instance: instance)
    }

    private var mount: String { "\(world.volumes)/mounts/\(world.name).run.\(app).\(instance).r1" }

    // MARK: Processes

    /// The state of the app's program.
    func state() async throws -> ProgramState? {
        try? await SupervisorReader(mountPoint: mount).programs().first { $0.name == "app" }?.state
    }

    /// How often supervisord has started the app, by its log.
    func starts() throws -> Int {
        try text("\(mount)/log/supervisord.log").split(separator: "\n").count {
            $0.contains("spawned: 'app'")
        }
    }

    func wait(for state: ProgramState, seconds: Int = 180) async throws {
        for _ in 0..<(seconds * 20) {
            if try await self.state() == state { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw Failure(description: "\(app)/\(instance) did not become \(state.rawValue)")
    }

    /// On the host: the parent that lives, and the app, its child.
    func processes() throws -> (parent: Int32, app: Int32) {
        let pids = try text("\(group())/cgroup.procs").split(separator: "\n").compactMap {
            Int32($0)
        }
        for navi in pids {
            let words = try? text("/proc/\(navi)/cmdline").split(separator: "\0")
            guard words?.first?.hasSuffix("/navi") == true, words?.dropFirst().first == "run"
            else { continue }
            if let child = pids.first(where: { Self.stat(of: $0)?.parent == navi }) {
                return (navi, child)
            }
        }
        throw Failure(description: "\(app)/\(instance) has no process: \(pids)")
    }

    /// The process that a shell, or npm, stands before.
    func innermost() throws -> Int32 {
        let pids = try text("\(group())/cgroup.procs").split(separator: "\n").compactMap {
            Int32($0)
        }
        var found = try processes().app
        while let child = pids.first(where: { Self.stat(of: $0)?.parent == found }) {
            found = child
        }
        return found
    }

    /// Waits for a process' end, and gives the wall clock's time of it, to 1 ms.
    static func end(of pid: Int32) async throws -> Date {
        try await offload {
            for _ in 0..<180_000 {
                guard let stat = stat(of: pid), stat.state != "Z", stat.state != "X" else {
                    return Date()
                }
                usleep(1000)
            }
            throw Failure(description: "process \(pid) did not end")
        }
    }

    private static func stat(of pid: Int32) -> (state: Substring, parent: Int32)? {
        guard let line = try? text("/proc/\(pid)/stat") else { return nil }
        let words = line.split(separator: ")").last?.split(separator: " ") ?? []
        guard words.count > 2, let parent = Int32(words[1]) else { return nil }
        return (words[0], parent)
    }

    /// How often a process has gone to sleep.
    static func sleeps(of pid: Int32) throws -> Int {
        let line = try text("/proc/\(pid)/status").split(separator: "\n")
            .first { $0.hasPrefix("voluntary_ctxt_switches:") }
        return line?.split(separator: "\t").last.flatMap { Int($0) } ?? 0
    }

    // MARK: The kernel's counter

    func kills() throws -> Int {
        let folder = try group()
        let text =
            try (try? text("\(folder)/memory.oom_control")) ?? text("\(folder)/memory.events")
        let line = text.split(separator: "\n").first { $0.hasPrefix("oom_kill ") }
        return line?.split(separator: " ").last.flatMap { Int($0) } ?? 0
    }

    /// Waits until the counter is above `count`.
    func kill(after count: Int) async throws {
        let seen = try await offload {
            for _ in 0..<180_000 {
                if (try? kills()) ?? 0 > count { return true }
                usleep(1000)
            }
            return false
        }
        if !seen { throw Failure(description: "\(app)/\(instance): the kernel killed nothing") }
    }

    private func group() throws -> String {
        // Anew each time: a container that was stopped gets another group.
        for folder in ["memory/docker", "docker", "system.slice"] {
            for name in [container, "docker-\(container).scope"] {
                let path = "/sys/fs/cgroup/\(folder)/\(name)"
                if access("\(path)/cgroup.procs", F_OK) == 0 { return path }
            }
        }
        throw Failure(description: "\(container): no control group")
    }

    // MARK: Notifications

    struct Note: Sendable {
        var name: String
        var label: String
        var reporter: String
        /// When the file was in place: its change time, since a rename is the last change.
        var inPlaceAt: Date
        var content: String
    }

    private struct Content: Decodable {
        var type: String
        var reporter: String
        var from: String
    }

    func notes() throws -> [Note] {
        let folder = "\(mount)/notifications"
        let names = try Directory(path: folder).names().filter { $0.hasSuffix(".json") }
        return try names.sorted().map { name in
            var status = Glibc.stat()
            guard lstat("\(folder)/\(name)", &status) == 0 else {
                throw Failure(description: "\(name) is gone")
            }
            let whole = try text("\(folder)/\(name)")
            let content = try JSONDecoder().decode(Content.self, from: Data(whole.utf8))
            let seconds = Double(status.st_ctim.tv_sec) + Double(status.st_ctim.tv_nsec) / 1e9
            return Note(
                name: name, label: content.from == "BACKOFF" ? "gave up" : content.type,
                reporter: content.reporter, inPlaceAt: Date(timeIntervalSince1970: seconds),
                content: whole)
        }
    }

    // MARK: What is done to it

    /// Waits until the app serves: on a busy host that may be after its program is RUNNING.
    func waitUntilServing() async throws {
        try await wait(for: .running)
        try await Tool.run(
            "curl",
            [
                "--silent", "--output", "/dev/null", "--max-time", "5", "--retry", "180",
                "--retry-delay", "1", "--retry-all-errors", "http://\(address)/",
            ], deadlineSeconds: 200)
    }

    /// Asks the app for something by HTTP; it may die of it before it has answered.
    func ask(_ path: String) async throws {
        // 52 and 56: the connection ended early.
        try await Tool.run(
            "curl",
            ["--silent", "--show-error", "--fail", "--max-time", "20", "http://\(address)\(path)"],
            accepted: [0, 52, 56])
    }

    func supervisorctl(_ command: String) async throws {
        _ = try await Tool.run(
            "docker",
            [
                "exec", container, "supervisorctl", "-c", "/etc/supervisor/supervisord.conf",
                command, "app",
            ], accepted: Set(0...7))
    }

    func restartContainer() async throws {
        try await Tool.run("docker", ["stop", "--time", "20", container])
        try await Tool.run("docker", ["start", container])
    }

    /// Starts a container that has died: on a host so busy that the kernel can't free its victim's
    /// memory in time, the next victim is supervisord.
    func revive() async throws {
        try await Tool.run("docker", ["start", container])
    }

    /// Makes a file in the app's `/mnt/tmp`.
    func make(_ file: String) throws {
        try Directory(path: "\(mount)/tmp").replaceDurably(file, "".utf8, mode: 0o644)
    }
}

private func text(_ path: String) throws -> String {
    let data = try Data(contentsOf: URL(filePath: path))
    return String(decoding: data, as: UTF8.self)
}
