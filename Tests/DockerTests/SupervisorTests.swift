import Foundation
import Subprocess
import SystemPackage
import Testing

@testable import Supervisor

/// Against Debian's own supervisord.
@Suite(.serialized) struct SupervisorTests {
    @Test func readsTheStatesOfARealSupervisord() async throws {
        try await withSupervisord { reader in
            let programs = try await states(from: reader) {
                $0["sleeper"]?.state == .running && $0["ender"]?.state == .exited
                    && $0["missing"]?.state == .fatal && $0["crasher"]?.state == .fatal
            }
            #expect(programs.count == 5)
            let sleeper = try #require(programs["sleeper"])
            #expect(sleeper.group == "sleeper")
            let pid = try #require(sleeper.pid)
            #expect(FileManager.default.fileExists(atPath: "/proc/\(pid)"))
            #expect(try abs(#require(sleeper.startTime).timeIntervalSinceNow) < 60)
            #expect(sleeper.stopTime == nil)
            #expect(programs["ender"]?.exitStatus == 7)
            #expect(programs["ender"]?.pid == nil)
            #expect(programs["ender"]?.stopTime != nil)
            #expect(programs["missing"]?.spawnError.isEmpty == false)
            let idle = try #require(programs["idle"])
            #expect(idle == ProgramInfo(name: "idle", group: "idle", state: .stopped))
        }
    }

    @Test func aLinkToAnotherSocketIsNotFollowed() async throws {
        try await withFolder { folder in
            try await StubServer.with(.json("{}")) { server in
                let home = folder.appending(path: "home")
                try FileManager.default.createDirectory(
                    at: home, withIntermediateDirectories: true)
                try FileManager.default.createSymbolicLink(
                    atPath: home.appending(path: "supervisor.sock").path,
                    withDestinationPath: server.socketPath)
                #expect(try await kind(folder.path) == .unsafe)
                // Nor on the way there.
                try FileManager.default.removeItem(at: home)
                try FileManager.default.createSymbolicLink(
                    atPath: home.path, withDestinationPath: "/tmp")
                let name = (server.socketPath as NSString).lastPathComponent
                #expect(try await kind(folder.path, "home/\(name)") == .unsafe)
                #expect(try await kind(folder.path, "../../\(server.socketPath)") == .unsafe)
                #expect(server.requests.isEmpty)
            }
        }
    }

    @Test func whatIsNoSocketIsRefused() async throws {
        try await withFolder { folder in
            #expect(try await kind(folder.path) == .absent)
            #expect(try await kind(folder.appending(path: "none").path) == .absent)
            try Data().write(to: folder.appending(path: "file"))
            #expect(try await kind(folder.path, "file") == .unsafe)
            try #require(mkfifo(folder.appending(path: "fifo").path, 0o600) == 0)
            #expect(try await kind(folder.path, "fifo") == .unsafe)
        }
    }

    @Test func hostileAnswersAreBounded() async throws {
        let flood = StubAnswer(
            pieces: ["HTTP/1.1 200 OK\r\n\r\n", String(repeating: "<value>", count: 10_000)],
            repeatsLastPiece: true)
        #expect(try await answered(flood) == .malformed)
        #expect(try await answered(.json("nonsense")) == .malformed)
        #expect(try await answered(.json("{}", status: "401 Unauthorized")) == .malformed)
        #expect(try await answered(StubAnswer(pieces: [])) == .unreachable)
        #expect(try await answered(StubAnswer(pieces: [], ending: .hang)) == .timeout)
    }

    @Test func noDescriptorIsLeftOpen() async throws {
        try await withFolder { folder in
            try Data().write(to: folder.appending(path: "file"))
            for _ in 0..<200 { _ = try await kind(folder.path, "file") }
            let links = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
                .compactMap {
                    try? FileManager.default.destinationOfSymbolicLink(
                        atPath: "/proc/self/fd/\($0)")
                }
            #expect(!links.contains { $0.hasPrefix(folder.path) })
        }
    }

    @Test func controlsAreArgumentLists() {
        let head = [
            "flock", "--timeout", "13", "--conflict-exit-code", "124", "/run/control.lock",
            "timeout",
            "-k", "2", "10", "supervisorctl", "-c",
        ]
        let file = "/etc/supervisor/supervisord.conf"
        #expect(Supervisorctl.start(program: "app").arguments() == head + [file, "start", "app"])
        #expect(Supervisorctl.stop(program: "app").arguments() == head + [file, "stop", "app"])
        #expect(
            Supervisorctl.restart(program: "app").arguments() == head + [file, "restart", "app"])
        #expect(Supervisorctl.reread.arguments() == head + [file, "reread"])
        #expect(
            Supervisorctl.update.arguments(timeoutSeconds: 30, configuration: "/c")
                == [
                    "flock", "--timeout", "33", "--conflict-exit-code", "124", "/run/control.lock",
                    "timeout", "-k", "2", "30", "supervisorctl", "-c", "/c", "update",
                ])
    }

    // MARK: Fixtures

    private func kind(
        _ mountPoint: String, _ socket: String = "home/supervisor.sock"
    ) async throws -> SupervisorError.Kind? {
        do throws(SupervisorError) {
            _ = try await SupervisorReader(mountPoint: mountPoint, socket: socket)
                .programs(within: .milliseconds(300))
            return nil
        } catch {
            return error.kind
        }
    }

    private func answered(_ answer: StubAnswer) async throws -> SupervisorError.Kind? {
        try await StubServer.with(answer) { server in
            let path = server.socketPath as NSString
            return try await kind(path.deletingLastPathComponent, path.lastPathComponent)
        }
    }

    private func withFolder(_ body: (URL) async throws -> Void) async throws {
        let folder = URL(fileURLWithPath: "/tmp/modplan-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try await body(folder)
    }

    private func withSupervisord(
        _ body: @escaping @Sendable (SupervisorReader) async throws -> Void
    ) async throws {
        try await withFolder { folder in
            let home = folder.appending(path: "home")
            try FileManager.default.createDirectory(at: home, withIntermediateDirectories: true)
            let configuration = folder.appending(path: "supervisord.conf")
            try Self.configuration(in: home.path)
                .write(to: configuration, atomically: true, encoding: .utf8)
            let result = try await run(
                .path("/usr/bin/supervisord"), arguments: ["-c", configuration.path], input: .none,
                output: .discarded, error: .discarded
            ) { execution in
                let outcome = await Task {
                    try await body(SupervisorReader(mountPoint: folder.path))
                }.result
                // It stops its programs before it ends.
                try execution.send(signal: .terminate)
                try outcome.get()
            }
            #expect(result.terminationStatus == .exited(0))
        }
    }

    /// Asks until the states are as wanted, at most 20 s, and returns the last ones.
    private func states(
        from reader: SupervisorReader, until isReached: ([String: ProgramInfo]) -> Bool
    ) async throws -> [String: ProgramInfo] {
        var programs: [String: ProgramInfo] = [:]
        for _ in 0..<200 {
            // It makes the socket a moment after its start; a lasting error fails the test below.
            if let list = try? await reader.programs() {
                programs = Dictionary(uniqueKeysWithValues: list.map { ($0.name, $0) })
                if isReached(programs) { return programs }
            }
            try await Task.sleep(for: .milliseconds(100))
        }
        Issue.record("the states are still \(programs)")
        return programs
    }

    private static func configuration(in folder: String) -> String {
        """
        [supervisord]
        nodaemon=true
        user=root
        logfile=/dev/null
        logfile_maxbytes=0
        pidfile=\(folder)/supervisord.pid
        childlogdir=\(folder)
        [unix_http_server]
        file=\(folder)/supervisor.sock
        [rpcinterface:supervisor]
        supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
        [program:sleeper]
        command=sleep 1000
        startsecs=0
        [program:ender]
        command=sh -c "exit 7"
        startsecs=0
        autorestart=false
        [program:crasher]
        command=false
        startretries=0
        [program:missing]
        command=/nonexistent/<&"'
        startretries=0
        [program:idle]
        command=sleep 1000
        autostart=false
        """
    }
}
