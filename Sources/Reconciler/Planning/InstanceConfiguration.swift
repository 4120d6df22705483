import FoundationEssentials

/// The content of `/mnt/supervisor.conf`: one program and its environment, the same bytes for the
/// same input.
///
/// Supervisord's own `environment=` cannot carry every value (it expands `%`, splits like a shell
/// without escapes and ends at a newline), so the app's variables travel as base64 in one safe
/// value that navi, the app's parent, decodes: `KEY=VALUE` entries, each ended by a NUL.
package struct InstanceConfiguration: Sendable, Equatable {
    package var app: String
    package var instance: Int
    package var port: Int
    package var environment: [String: String]

    package init(app: String, instance: Int, port: Int, environment: [String: String]) {
        self.app = app
        self.instance = instance
        self.port = port
        self.environment = environment
    }

    /// Seconds that the program must stay up to count as RUNNING: with 1, a program that fails at
    /// once passes as RUNNING on a loaded host and its retries start anew.
    package static let startSeconds = 5
    /// Seconds between SIGTERM and SIGKILL.
    package static let stopSeconds = 10

    package var rendered: [UInt8] {
        let variables = [
            "PORT=\"\(port)\"", "APP_DIR=\"/mnt/app\"", "NAVI_INSTANCE=\"\(app)/\(instance)\"",
            "\(Self.key)=\"\(encodedEnvironment)\"",
        ]
        let text = """
            ; Written by modplan; changes are drift.
            [program:app]
            command=/usr/local/bin/navi run -- start
            directory=/mnt/app
            environment=\(variables.joined(separator: ","))
            autostart=true
            autorestart=unexpected
            exitcodes=0
            startsecs=\(Self.startSeconds)
            startretries=3
            stopsignal=TERM
            stopwaitsecs=\(Self.stopSeconds)
            killasgroup=true
            redirect_stderr=true
            stdout_logfile=/mnt/log/app.log
            stdout_logfile_maxbytes=4MB
            stdout_logfile_backups=2

            """
        return Array(text.utf8)
    }

    private static let key = "NAVI_ENVIRONMENT"

    private var encodedEnvironment: String { Self.encoded(environment) }

    static func encoded(_ environment: [String: String]) -> String {
        var bytes: [UInt8] = []
        for (name, value) in environment.sorted(by: { $0.key < $1.key }) {
            bytes += Array("\(name)=\(value)".utf8) + [0]
        }
        return Data(bytes).base64EncodedString()
    }

    /// The environment in a configuration's bytes; nil if it cannot be read, since the file may
    /// have been edited by hand.
    package static func environment(in bytes: [UInt8]) -> [String: String]? {
        let text = String(decoding: bytes, as: UTF8.self)
        guard let start = text.firstRange(of: "\(key)=\"") else { return nil }
        let encoded = text[start.upperBound...].prefix { $0 != "\"" }
        guard let data = Data(base64Encoded: String(encoded)) else { return nil }
        var environment: [String: String] = [:]
        for entry in data.split(separator: 0) {
            let parts = entry.split(
                separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { return nil }
            environment[String(decoding: parts[0], as: UTF8.self)] =
                String(decoding: parts[1], as: UTF8.self)
        }
        return environment
    }

    /// The port in a configuration's bytes; nil if there is none to be read.
    package static func port(in bytes: [UInt8]) -> Int? {
        let text = String(decoding: bytes, as: UTF8.self)
        guard let start = text.firstRange(of: "PORT=\"") else { return nil }
        return Int(text[start.upperBound...].prefix { $0 != "\"" })
    }

    /// The keys of the definition that would make `bytes` into this configuration, by name only.
    package func differences(from bytes: [UInt8]) -> [String] {
        guard let old = Self.environment(in: bytes) else { return ["supervisor.conf"] }
        var names = Set(environment.keys).union(old.keys).filter { environment[$0] != old[$0] }
            .map { "run.environment: \($0)" }.sorted()
        var same = self
        same.environment = old
        if let port = Self.port(in: bytes), port != self.port {
            names.append("run.port")
            same.port = port
        }
        // Lines that a hand has changed.
        if same.rendered != bytes { names.append("supervisor.conf") }
        return names
    }
}
