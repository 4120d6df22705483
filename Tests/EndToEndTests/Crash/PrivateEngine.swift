import Glibc
import Host

/// An engine of the test's own, to be killed and frozen: its own folders, socket, addresses and bridge,
/// and no rules of the host's firewall. An engine that is told to have no bridge would remove
/// `docker0`, which is the host's own engine's, and so does one that comes back to its networks and is
/// told of an address pool.
actor PrivateEngine {
    nonisolated let folder: String
    nonisolated var socket: String { "\(folder)/docker.sock" }
    private nonisolated var bridge: String { "mp-\(folder.suffix(6).lowercased())" }
    private var daemon: Running?
    private var isNew = true

    private init(folder: String) { self.folder = folder }

    /// Gives the test an engine that has these images of the host's own; all of it goes afterwards.
    static func with(
        images: [String], _ body: (PrivateEngine) async throws -> Void
    ) async throws {
        var template = Array("/var/tmp/modplan-engine-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw Failure("cannot make a folder") }
        let engine = PrivateEngine(folder: String(cString: made))
        let result: Result<Void, any Error>
        do {
            try await engine.makeBridge()
            try await engine.start()
            let names = images.joined(separator: " ")
            try await Tool.run(
                "sh",
                [
                    "-c",
                    "docker save \(names) | docker --host unix://\(engine.socket) load",
                ], deadlineSeconds: 120)
            result = .success(try await body(engine))
        } catch {
            result = .failure(error)
        }
        try await engine.remove()
        try result.get()
    }

    private func makeBridge() async throws {
        try await Tool.run("ip", ["link", "add", "name", bridge, "type", "bridge"])
        try await Tool.run("ip", ["address", "add", "10.214.0.1/24", "dev", bridge])
        try await Tool.run("ip", ["link", "set", bridge, "up"])
    }

    /// Returns once it answers.
    func start() async throws {
        let addresses =
            isNew ? ["--default-address-pool", "base=10.213.0.0/16,size=24"] : [String]()
        isNew = false
        daemon = try Running(
            "dockerd",
            [
                "--data-root", "\(folder)/data", "--exec-root", "\(folder)/exec", "--host",
                "unix://\(socket)", "--pidfile", "\(folder)/pid", "--bridge", bridge,
                "--iptables=false", "--ip6tables=false", "--ip-forward=false", "--ip-masq=false",
            ] + addresses, log: "\(folder)/log")
        for _ in 0..<300 {
            let version = ["--host", "unix://\(socket)", "version"]
            if (try? await Tool.run("docker", version, deadlineSeconds: 5)) != nil { return }
            try await Task.sleep(for: .milliseconds(100))
        }
        let said = daemon?.text.split(separator: "\n").suffix(10).joined(separator: "\n") ?? ""
        throw Failure("the engine did not come up:\n\(said)")
    }

    func signal(_ number: Int32) {
        if let daemon { Glibc.kill(daemon.processID, number) }
    }

    /// Ends it, and returns once it is gone.
    func end(_ number: Int32 = SIGTERM) async throws {
        guard let daemon else { return }
        self.daemon = nil
        let file = "\(folder)/exec/containerd/containerd.pid"
        let bytes = (try? readHostFile(file, limit: 64)) ?? []
        Glibc.kill(daemon.processID, number)
        _ = try await daemon.end(withinSeconds: 60)
        // Its containerd dies with it, a little later; the next one would take it for its own.
        guard let helper = Int32(String(decoding: bytes, as: UTF8.self)) else { return }
        for _ in 0..<500 where Glibc.kill(helper, 0) == 0 {
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    private func remove() async throws {
        signal(SIGCONT)
        try await end()
        try await endLeftovers()
        try await Tool.run("ip", ["link", "delete", bridge], accepted: [0, 1])
        // It binds its data folder to itself, and lets go of it when it ends in peace.
        for mount in try mountPoints().filter({ $0.hasPrefix("\(folder)/") }).sorted().reversed() {
            try await Tool.run("umount", [mount])
        }
        try Directory(path: "/var/tmp").removeTree(String(folder.dropFirst("/var/tmp/".count)))
    }

    /// What a killed engine left running: its containers' parents, and their children.
    private func endLeftovers() async throws {
        for _ in 0..<10 {
            let table = try await Tool.run("ps", ["-eo", "pid,ppid,args", "--no-headers"])
            let rows = table.split(separator: "\n").map {
                $0.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: true)
            }
            let mine = rows.filter { $0.count == 3 && $0[2].contains("\(folder)/exec") }
                .compactMap { Int32($0[0]) }
            guard !mine.isEmpty else { return }
            let parents = Set(mine)
            let children = rows.filter {
                $0.count > 1 && Int32($0[1]).map(parents.contains) == true
            }
            for pid in children.compactMap({ Int32($0[0]) }) + mine { Glibc.kill(pid, SIGKILL) }
            try await Task.sleep(for: .milliseconds(200))
        }
    }
}
