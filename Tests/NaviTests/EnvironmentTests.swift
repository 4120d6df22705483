import Foundation
import Testing

extension NaviTests {
    struct EnvironmentTests {
        let scratch: Scratch

        init() throws { scratch = try Scratch() }

        /// The environment as the app gets it, each entry a `KEY=VALUE`.
        private func environment(_ given: [String: String]) throws -> [Data] {
            let navi = try Running(
                ["run"] + scratch.flags + ["--", "env", "-0"], environment: given)
            let output = try navi.remainingOutput()
            #expect(navi.wait() == Running.End(exitStatus: 0))
            return output.split(separator: 0).map { Data($0) }
        }

        private func encoded(_ entries: [Data]) -> String {
            Data(entries.flatMap { $0 + [0] }).base64EncodedString()
        }

        private static let nasty = [
            "PERCENT=%(here)s %% %", "QUOTES='\"\\'\"", "COMMENT=a ; b # c", "EMPTY=",
            "LINES=one\ntwo\r\n\n[program:x]\ncommand=/bin/sh\n", "EQUALS=a=b==", "TAB=\t",
            "COMMA=a\",LD_PRELOAD=\"/mnt/x.so", "UNICODE=žluťoučký 🐎 \u{202e}", "SPACES=  a  ",
            "CONTROL=\u{1}\u{7f}\u{1b}[31m", "key.with-dots=1",
        ]

        @Test func everyValueArrivesBitForBit() throws {
            let entries =
                Self.nasty.map { Data($0.utf8) } + [Data("RAW=".utf8) + [0xff, 0xfe, 0x80]]
            let seen = try environment(["NAVI_ENVIRONMENT": encoded(entries)])
            for entry in entries {
                #expect(seen.contains(entry), "\(String(decoding: entry, as: UTF8.self))")
            }
            // Besides: the PATH, and SERVO_SIZE. No value added a variable.
            #expect(seen.count == entries.count + 2)
        }

        /// Each length of padding, up to what supervisord may pass in one variable.
        @Test(arguments: [0, 1, 2, 3, 4, 5, 90_000])
        func valuesOfAnyLength(count: Int) throws {
            let entry = Data("LONG=\(String(repeating: "x", count: count))".utf8)
            let seen = try environment(["NAVI_ENVIRONMENT": encoded([entry])])
            #expect(seen.contains(entry))
        }

        @Test func whatTheHostSentComesFirstAndOncePerKey() throws {
            let sent = ["A=sent", "B=1", "B=2", "PATH=/app"].map { Data($0.utf8) }
            let seen = try environment(["A": "inherited", "NAVI_ENVIRONMENT": encoded(sent)])
            let texts = Set(seen.map { String(decoding: $0, as: UTF8.self) })
            #expect(texts == ["A=sent", "B=2", "PATH=/app", "SERVO_SIZE=256"])
            #expect(seen.count == texts.count)
        }

        @Test func naviKeepsItsOwnVariables() throws {
            let given = ["NAVI_ENVIRONMENT": "", "NAVI_INSTANCE": "hello/0", "NAVI_OTHER": "x"]
            let seen = try environment(given).map { String(decoding: $0, as: UTF8.self) }
            #expect(Set(seen.filter { $0.hasPrefix("NAVI") }) == ["NAVI_OTHER=x"])
        }

        @Test func theMemoryLimitIsServoSizeUnlessTheAppSetsIt() throws {
            let stale = try environment(["SERVO_SIZE": "1"])
            #expect(stale.contains(Data("SERVO_SIZE=256".utf8)))
            let own = try environment(["NAVI_ENVIRONMENT": encoded([Data("SERVO_SIZE=7".utf8)])])
            #expect(
                own.filter { $0.starts(with: Data("SERVO".utf8)) } == [Data("SERVO_SIZE=7".utf8)])

            try scratch.write("9223372036854771712\n", to: "cgroup/memory/memory.limit_in_bytes")
            let unlimited = try environment([:])
            #expect(!unlimited.contains { $0.starts(with: Data("SERVO".utf8)) })
        }

        @Test func readsVersionTwoControlGroups() throws {
            try scratch.write("oom 9\noom_kill 0\noom_group_kill 4\n", to: "cgroup/memory.events")
            try scratch.write("134217728\n", to: "cgroup/memory.max")
            #expect(try environment([:]).contains(Data("SERVO_SIZE=128".utf8)))
        }

        @Test(arguments: [
            "QT1i", "QT1iA", "QT1iAA", "QT1iAB==", "QT1iAA===", "====", "=AAA", "QT1i AA==",
            "QT1iAA==\n",
            "QT-iAA==", "QUIA", "PWIA", "AAAA",
        ])
        func refusesWhatItCannotDecode(text: String) throws {
            let navi = try Running(
                script: "touch \(scratch.path)/started", in: scratch,
                environment: ["NAVI_ENVIRONMENT": text])
            #expect(navi.wait() == Running.End(exitStatus: 78))
            #expect(try navi.remainingErrors().contains("NAVI_ENVIRONMENT: expected base64"))
            #expect(!scratch.exists("started"))
            #expect(try scratch.notifications().isEmpty)
        }
    }
}
