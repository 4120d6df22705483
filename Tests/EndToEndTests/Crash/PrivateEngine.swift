import Glibc
import Host

/// An engine of the test's own, to be killed and frozen: its own folders, socket and addresses, no
/// bridge and no rules of the host's firewall.
actor PrivateEngine {
    nonisolated let folder: String
    nonisolated var socket: String { "\(folder)/docker.sock" }
    private var daemon: Running?

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

    /// Returns once it answers.
    func start() async throws {
        daemon = try Running(
            "dockerd",
            [
                "--data-root", "\(folder)/data", "--exec-root", "\(folder)/exec", "--host",
                "unix://\(socket)", "--pidfile", "\(folder)/pid", "--bridge", "none",
                "--iptables=false", "--ip6tables=false", "--ip-forward=false", "--ip-masq=false",
                "--default-address-pool", "base=10.213.0.0/16,size=24",
            ], log: "\(folder)/log")
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
        // It binds its data folder to itself, and lets go of it when it ends in peace.
        for mount in try mountPoints().filter({ $0.hasPrefix("\(folder)/") }).sorted().reversed() {
            try await Tool.run("umount", [mount])
        }
        try Directory(path: "/var/tmp").removeTree(String(folder.dropFirst("/var/tmp/".count)))
    }
}
