import Testing

@testable import Planning

/// `supervisor.conf`, the one file that the host writes for supervisord.
@Suite struct InstanceConfigurationTests {
    private let hostile = "\"x\" %(here)s \n[program:evil]\ncommand=id"

    private func configuration(_ environment: [String: String]) -> InstanceConfiguration {
        InstanceConfiguration(app: "web", instance: 2, port: 8123, environment: environment)
    }

    @Test func theSameInputGivesTheseBytes() {
        let wanted = """
            ; Written by modplan; changes are drift.
            [program:app]
            command=/usr/local/bin/navi run -- start
            directory=/mnt/app
            environment=PORT="8123",APP_DIR="/mnt/app",NAVI_INSTANCE="web/2",\
            NAVI_ENVIRONMENT="QT1iAEM9IngiICUoaGVyZSlzIApbcHJvZ3JhbTpldmlsXQpjb21tYW5kPWlkAA=="
            autostart=true
            autorestart=unexpected
            exitcodes=0
            startsecs=5
            startretries=3
            stopsignal=TERM
            stopwaitsecs=10
            killasgroup=true
            redirect_stderr=true
            stdout_logfile=/mnt/log/app.log
            stdout_logfile_maxbytes=4MB
            stdout_logfile_backups=2

            """
        let rendered = configuration(["C": hostile, "A": "b"]).rendered
        #expect(String(decoding: rendered, as: UTF8.self) == wanted)
    }

    @Test func theOrderOfVariablesDecidesNothing() {
        let names = (0..<200).map { "NAME_\($0)" }
        func rendered(_ names: [String]) -> [UInt8] {
            var environment: [String: String] = [:]
            for name in names { environment[name] = "value of \(name)" }
            return configuration(environment).rendered
        }
        let first = rendered(names)
        #expect(rendered(names.reversed()) == first)
        for _ in 0..<20 { #expect(rendered(names.shuffled()) == first) }
    }

    @Test func noValueAddsALineOrIsSaid() {
        let before = configuration(["A": hostile]).rendered
        let plain = configuration(["A": "b"]).rendered.split(separator: 0x0A)
        let other = before.split(separator: 0x0A)
        #expect(other.count == plain.count)
        #expect(zip(plain, other).filter { $0 != $1 }.count == 1, "the line of the environment")
        #expect(InstanceConfiguration.environment(in: before) == ["A": hostile])
        let fields = configuration(["A": "new", "B": "c"]).differences(from: before)
        #expect(fields == ["run.environment: A", "run.environment: B"], "names, no values")
    }
}
