import Desired
import Foundation
import Planning
import Testing

/// Whatever an app's author writes as a value arrives bit for bit, and adds nothing: through the
/// decoder, the configuration, the real supervisord and the real navi.
///
/// `MODPLAN_ENVIRONMENTS` sets how many (10,000), `MODPLAN_SEED` which ones.
@Suite(.serialized) struct EnvironmentPropertyTests {
    private static let count = number("MODPLAN_ENVIRONMENTS") ?? 10_000
    private static let seed = UInt64(number("MODPLAN_SEED") ?? 20_261_124)
    private static let batch = 250

    private static func number(_ name: String) -> Int? {
        getenv(name).flatMap { Int(String(cString: $0)) }
    }

    @Test func everyValueArrivesBitForBitAndAddsNothing() async throws {
        print("environments: \(Self.count), MODPLAN_SEED=\(Self.seed)")
        var generator = GeneratedEnvironment(seed: Self.seed)
        var left = Self.count
        try await withThrowingTaskGroup(of: Void.self) { group in
            var running = 0
            while left > 0 {
                let batch = (0..<min(Self.batch, left)).map { _ in generator.next() }
                left -= batch.count
                // Two at once: supervisord itself takes half of the time.
                if running == 2 { try await group.next() } else { running += 1 }
                group.addTask { try await check(batch) }
            }
            try await group.waitForAll()
        }
    }

    private func check(_ environments: [[String: String]]) async throws {
        let supervisord = try Supervisord()
        defer { supervisord.remove() }
        for (index, environment) in environments.enumerated() {
            let app = try decodeApp(definition(environment), file: "web.yaml").get()
            let configuration = InstanceConfiguration(
                app: "web", instance: 0, port: 8080, environment: app.run.environment)
            try supervisord.add("p\(index)", configuration.rendered)
        }
        #expect(try await supervisord.parsed() == [Self.shape])
        try await supervisord.run(environments.count)
        for (index, environment) in environments.enumerated() {
            let seen = try supervisord.environment(of: "p\(index)")
            let expected = Self.expected(environment, program: "p\(index)")
            try #require(Set(seen) == expected && seen.count == expected.count, "\(environment)")
        }
    }

    /// The one section and its keys.
    private static let shape = [
        "program:app", "autorestart", "autostart", "command", "directory", "environment",
        "exitcodes", "killasgroup", "redirect_stderr", "startretries", "startsecs",
        "stdout_logfile",
        "stdout_logfile_backups", "stdout_logfile_maxbytes", "stopsignal", "stopwaitsecs",
    ].joined(separator: " ")

    /// All that the app may see: what it asked for comes first.
    private static func expected(_ asked: [String: String], program: String) -> Set<Data> {
        let given = [
            "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "SUPERVISOR_ENABLED": "1",
            "SUPERVISOR_PROCESS_NAME": program, "SUPERVISOR_GROUP_NAME": program, "PORT": "8080",
            "APP_DIR": "/mnt/app", "SERVO_SIZE": "256",
        ]
        return Set(given.merging(asked) { $1 }.map { Data("\($0.key)=\($0.value)".utf8) })
    }

    @Test func whatNoEnvironmentCanCarryIsRefusedByName() throws {
        var generator = GeneratedEnvironment(seed: Self.seed)
        for _ in 0..<1000 {
            let (environment, reason) = generator.refused()
            switch decodeApp(definition(environment), file: "web.yaml") {
            case .success: try #require(Bool(false), "accepted: \(environment)")
            case .failure(let problems):
                try #require(problems.description.contains(reason), "\(environment) \(problems)")
                try #require(problems.description.contains("run.environment"))
            }
        }
    }
}
