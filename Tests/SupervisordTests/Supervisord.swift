import Foundation
import Subprocess
import SystemPackage

/// A real supervisord that runs many programs at once, each with a configuration of its own.
struct Supervisord {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    let folder: String

    /// The built navi: it lies beside the test bundle.
    private static let navi: String = {
        let bundle = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        return ((bundle ?? "") as NSString).deletingLastPathComponent + "/navi"
    }()

    init() throws {
        folder = NSTemporaryDirectory() + "environment-test-" + UUID().uuidString
        for name in ["given", "conf", "out", "records", "notifications", "cgroup/memory"] {
            try FileManager.default.createDirectory(
                atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
        }
        try write("268435456\n", to: "cgroup/memory/memory.limit_in_bytes")
        try write("oom_kill 0\n", to: "cgroup/memory/memory.oom_control")
        try write(
            """
            [supervisord]
            nodaemon=true
            logfile=\(folder)/supervisord.log
            pidfile=\(folder)/supervisord.pid
            childlogdir=\(folder)
            minfds=16
            [include]
            files=\(folder)/conf/*.conf

            """, to: "supervisord.conf")
    }

    func remove() { try? FileManager.default.removeItem(atPath: folder) }

    private func write(_ text: String, to name: String) throws {
        try Data(text.utf8).write(to: URL(filePath: "\(folder)/\(name)"))
    }

    /// Adds a program with a configuration as the host writes it. All but its `environment` is
    /// changed for here: the paths, the name, and that it may end at once.
    func add(_ program: String, _ configuration: [UInt8]) throws {
        try Data(configuration).write(to: URL(filePath: "\(folder)/given/\(program).conf"))
        let places = [
            "--notifications", "\(folder)/notifications", "--records",
            "\(folder)/records/\(program)", "--cgroup", "\(folder)/cgroup", "--volume", folder,
        ]
        let dump = "dd if=/proc/self/environ of=\(folder)/out/\(program) bs=1M status=none"
        let changes: [(old: String, new: String)] = [
            ("[program:app]\n", "[program:\(program)]\n"),
            (
                "command=/usr/local/bin/navi run -- start\n",
                "command=\(Self.navi) run \(places.joined(separator: " ")) -- \(dump)\n"
            ),
            ("directory=/mnt/app\n", "directory=/\n"),
            ("autorestart=unexpected\n", "autorestart=false\n"),
            ("startsecs=5\n", "startsecs=0\n"),
            ("stdout_logfile=/mnt/log/app.log\n", "stdout_logfile=NONE\n"),
        ]
        var bytes = Data(configuration)
        for change in changes {
            guard let place = bytes.range(of: Data(change.old.utf8)) else {
                throw Failure(description: "no \(change.old) in the configuration")
            }
            bytes.replaceSubrange(place, with: Data(change.new.utf8))
        }
        try bytes.write(to: URL(filePath: "\(folder)/conf/\(program).conf"))
    }

    /// Runs all programs to their end.
    func run(_ count: Int) async throws {
        // With a language, or Python adds LC_CTYPE.
        _ = try await Subprocess.run(
            .path("/usr/bin/supervisord"), arguments: ["-c", "\(folder)/supervisord.conf"],
            environment: .custom(["PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"]), input: .none,
            output: .discarded, error: .discarded
        ) { execution in
            defer { try? execution.send(signal: .terminate) }
            for _ in 0..<1200 {
                let log =
                    (try? String(contentsOfFile: "\(folder)/supervisord.log", encoding: .utf8))
                let ends = log?.split(separator: "\n").filter { $0.contains(" exited: ") } ?? []
                if ends.count >= count { return try requireSuccess(ends) }
                try await Task.sleep(for: .milliseconds(50))
            }
            throw Failure(description: "supervisord did not run \(count) programs in time")
        }
    }

    private func requireSuccess(_ ends: [Substring]) throws {
        for end in ends where !end.contains("(exit status 0; expected)") {
            throw Failure(description: "\(end)")
        }
    }

    /// What a program got, each entry `KEY=VALUE`.
    func environment(of program: String) throws -> [Data] {
        let data = try Data(contentsOf: URL(filePath: "\(folder)/out/\(program)"))
        return data.split(separator: 0, omittingEmptySubsequences: false).dropLast().map {
            Data($0)
        }
    }

    /// The sections and keys that supervisord's own parser finds in each configuration, as the
    /// host wrote it: lines of `section key key …`.
    func parsed() async throws -> Set<String> {
        let script = """
            import glob, sys
            from supervisor.options import UnhosedConfigParser
            for name in glob.glob(sys.argv[1] + '/given/*.conf'):
                parser = UnhosedConfigParser()
                parser.read(name)
                print('|'.join(' '.join([s] + sorted(parser.options(s))) for s in parser.sections()))
            """
        let python = try await Subprocess.run(
            .path("/usr/bin/python3"), arguments: ["-c", script, folder],
            output: .string(limit: 1 << 24))
        guard python.terminationStatus.isSuccess else { throw Failure(description: "no parser") }
        return Set(python.standardOutput.split(separator: "\n").map(String.init))
    }
}
