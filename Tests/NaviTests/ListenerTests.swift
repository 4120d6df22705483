import Foundation
import Testing

/// A stub of supervisord speaks to the listener.
extension NaviTests {
    struct ListenerTests {
        let scratch: Scratch

        static let exited = "processname:app groupname:app from_state:RUNNING expected:0 pid:4711"
        static let fatal = "processname:app groupname:app from_state:BACKOFF"
        private static let answer = "RESULT 2\nOKREADY\n"

        init() throws { scratch = try Scratch() }

        private func listener(_ environment: [String: String] = [:]) throws -> Running {
            let navi = try Running(["listen"] + scratch.flags, environment: environment)
            try navi.expect("READY\n")
            // What it does after READY is done when it answers.
            try navi.send(event("TICK_60", "when:0"))
            try navi.expect(Self.answer)
            return navi
        }

        private func event(_ name: String, _ payload: String, serial: Int = 21) -> String {
            "ver:3.0 server:supervisor serial:\(serial) pool:navi poolserial:10 "
                + "eventname:\(name) len:\(payload.utf8.count)\n\(payload)"
        }

        private func end(_ navi: Running, status: Int32 = 0) throws {
            try navi.closeInput()
            #expect(navi.wait() == Running.End(exitStatus: status))
            #expect(try navi.remainingOutput().isEmpty)
        }

        /// Sends events one by one, as supervisord does, and returns what stands there at the end.
        private func notifications(after events: String..., environment: [String: String] = [:])
            throws -> [Notification]
        {
            let navi = try listener(environment)
            for event in events {
                try navi.send(event)
                try navi.expect(Self.answer)
            }
            let seen = try scratch.notifications()
            try end(navi)
            return seen
        }

        @Test func aParentThatWasKilledIsACrash() throws {
            let event = event("PROCESS_STATE_EXITED", Self.exited)
            let seen = try notifications(after: event)
            #expect(seen.count == 1)
            let crash = try #require(seen.first)
            #expect(crash.type == "crash")
            #expect(crash.reporter == "listener")
            #expect(crash.process == "app")
            #expect(crash.pid == 4711)
            #expect(crash.from == "RUNNING")
            #expect(crash.serial == 21)
            #expect(crash.exitStatus == nil && crash.signal == nil)
            #expect(crash.header == String(event.prefix { $0 != "\n" }))
            #expect(crash.payload == Self.exited)
        }

        @Test func whatSupervisordGaveUpOnIsACrashFromBackoff() throws {
            let seen = try notifications(after: event("PROCESS_STATE_FATAL", Self.fatal))
            #expect(seen.map(\.type) == ["crash"])
            #expect(seen.map(\.from) == ["BACKOFF"])
            #expect(seen.first?.pid == nil)
        }

        @Test func anExpectedEndAndOtherEventsAreNothing() throws {
            let expected = Self.exited.replacing("expected:0", with: "expected:1")
            let seen = try notifications(
                after: event("PROCESS_STATE_EXITED", expected),
                event(
                    "PROCESS_STATE_STOPPED",
                    "processname:app groupname:app from_state:STOPPING pid:1"),
                event("PROCESS_STATE_EXITED_NOT", Self.exited), event("SUPERVISOR_STATE_CHANGE", "")
            )
            #expect(seen.isEmpty)
        }

        @Test func whatTheParentReportedIsNotReportedAgain() throws {
            let parent = try Running(script: "exit 5", in: scratch)
            _ = parent.wait()
            let payload = Self.exited.replacing("4711", with: "\(parent.pid)")
            let seen = try notifications(after: event("PROCESS_STATE_EXITED", payload))
            #expect(seen.map(\.reporter) == ["parent"])
        }

        @Test func aStopThatTheParentPassedOnIsNotReported() throws {
            let parent = try Running(script: "echo up; exec sleep 60", in: scratch)
            try parent.expect("up\n")
            parent.signal(SIGTERM)
            _ = parent.wait()
            let payload = Self.exited.replacing("4711", with: "\(parent.pid)")
            #expect(try notifications(after: event("PROCESS_STATE_EXITED", payload)).isEmpty)
        }

        @Test func itsOwnEndIsNotTheAppsCrash() throws {
            let own = Self.exited.replacing("app", with: "navi")
            let seen = try notifications(
                after: event("PROCESS_STATE_EXITED", own),
                environment: ["SUPERVISOR_GROUP_NAME": "navi"])
            #expect(seen.isEmpty)
        }

        @Test func aChildKilledUnderALivingAppIsReportedOnce() throws {
            try scratch.setKills(3)
            let parent = try Running(
                script: "echo up; exec sleep 60", in: scratch,
                environment: ["NAVI_INSTANCE": "hello/1", "SUPERVISOR_PROCESS_NAME": "app"])
            try parent.expect("up\n")
            let navi = try listener()
            try scratch.setKills(4)
            for _ in 0..<3 {
                try navi.send(event("TICK_5", "when:1795480132"))
                try navi.expect(Self.answer)
            }
            try end(navi)
            let seen = try scratch.notifications()
            #expect(seen.map(\.type) == ["out-of-memory"])
            #expect(seen.first?.process == "app")
            #expect(seen.first?.instance == "hello/1")
            #expect(seen.first?.evidence.oomKillsBefore == 3)
            #expect(seen.first?.evidence.oomKillsAfter == 4)

            // Nor does a listener that takes over.
            let again = try notifications(after: event("TICK_5", "when:1795480137"))
            #expect(again.count == 1)
            parent.signal(SIGTERM)
            _ = parent.wait()
        }

        @Test func aKillThatEndsTheAppIsTheParentsToReport() throws {
            let navi = try listener()
            let parent = try Running(
                script: "echo up; read go; \(scratch.raise(to: 1)); sleep 0.4; kill -9 $$",
                in: scratch)
            try parent.expect("up\n")
            try parent.send("go\n")
            #expect(try eventually { try scratch.kills() == 1 })
            try navi.send(event("TICK_5", "when:1795480132"))
            try navi.expect(Self.answer)
            _ = parent.wait()
            try end(navi)
            #expect(try scratch.notifications().map(\.reporter) == ["parent"])
        }

        @Test func endsWhatAKilledParentLeftBehind() throws {
            let navi = try listener()
            let parent = try Running(script: "sleep 60 & echo $$; echo $!; wait", in: scratch)
            let app = try parent.line()
            let child = try #require(Int32(try parent.line()))
            #expect(try eventually { try scratch.record("parent").contains("group:\(app) ") })
            parent.signal(SIGKILL)
            _ = parent.wait()
            try navi.send(event("TICK_5", "when:1795480132"))
            try navi.expect(Self.answer)
            #expect(eventually { !isAlive(child) })
            try end(navi)
        }

        @Test func readsAHeaderInAnyOrderWithUnknownTokensByteByByte() throws {
            let navi = try listener()
            let text =
                "len:\(Self.fatal.utf8.count) new:a:b:c eventname:PROCESS_STATE_FATAL  empty: "
                + "serial:7\n\(Self.fatal)"
            for byte in text.utf8 {
                try navi.send([byte])
                usleep(200)
            }
            try navi.expect(Self.answer)
            try end(navi)
            #expect(try scratch.notifications().map(\.serial) == [7])
        }

        @Test func readsManyEventsFromOneWrite() throws {
            let navi = try listener()
            let events = (1...200).map { serial in
                serial % 2 == 0
                    ? event("SUPERVISOR_STATE_CHANGE", "", serial: serial)
                    : event("PROCESS_STATE_FATAL", Self.fatal, serial: serial)
            }
            try navi.send(events.joined())
            try navi.expect(String(repeating: Self.answer, count: 200))
            try end(navi)
            let serials = try scratch.notifications().map(\.serial)
            #expect(serials == Array(stride(from: 1, to: 200, by: 2)))
        }

        @Test func theEndOfTheStreamIsACleanExit() throws {
            try end(try listener())
            let event = event("PROCESS_STATE_FATAL", Self.fatal)
            for cut in [1, 40, event.utf8.count - 1] {
                let navi = try listener()
                try navi.send(event.utf8.prefix(cut))
                try end(navi)
            }
            #expect(try scratch.notifications().isEmpty)
        }

        @Test(arguments: [
            "\n", "nonsense\n", "eventname:TICK_5\n", "len:0\n", "eventname: len:0\n",
            "eventname:TICK_5 len:-1\n", "eventname:TICK_5 len:1x\n", "eventname:TICK_5 len:\n",
            "eventname:TICK_5 len:99999999999999999999\n", String(repeating: "x", count: 9000),
        ])
        func aMalformedHeaderEndsIt(header: String) throws {
            let navi = try listener()
            try navi.send(header)
            #expect(navi.wait() == Running.End(exitStatus: 1))
            #expect(try navi.remainingErrors().contains("event header: expected"))
            #expect(try navi.remainingOutput().isEmpty)
        }

        @Test func aPayloadWithoutAProcessIsSaidAndLeftAlone() throws {
            let navi = try listener()
            for payload in ["", "nonsense", "processname:app expected", "expected:0"] {
                try navi.send(event("PROCESS_STATE_EXITED", payload))
                try navi.expect(Self.answer)
            }
            try end(navi)
            #expect(try scratch.notifications().isEmpty)
            #expect(try navi.remainingErrors().contains("event 21: expected key:value"))
        }

        @Test func aHostilePayloadStaysAShortFileOfValidJSON() throws {
            let navi = try listener()
            let nasty: [UInt8] = [1, 0x1b, 0x22, 0x5c, 0xff, 0xfe, 0x7f, 0xe2, 0x82]
            let payload =
                Array(Self.fatal.utf8) + [10]
                + Array(repeatElement(nasty, count: 10_000).joined())
            let header =
                "eventname:PROCESS_STATE_FATAL serial:1 junk:\u{1}\u{2}\" len:\(payload.count)\n"
            try navi.send(header)
            try navi.send(payload)
            try navi.expect(Self.answer)
            try end(navi)
            #expect(try scratch.notifications().map(\.process) == ["app"])
            let name = try #require(try scratch.files().first { $0.hasSuffix(".json") })
            let file = "\(scratch.path)/notifications/\(name)"
            #expect(try Data(contentsOf: URL(fileURLWithPath: file)).count <= 16384)
        }
    }
}
