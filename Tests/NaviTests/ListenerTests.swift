import Foundation
import Testing

/// What the listener reports, and what not.
extension NaviTests {
    struct ListenerTests: StubSupervisor {
        let scratch: Scratch

        init() throws { scratch = try Scratch() }

        /// Sends events one by one, as supervisord does, and returns what stands there at the end.
        private func notifications(after events: String..., environment: [String: String] = [:])
            throws -> [Notification]
        {
            let navi = try listener(environment)
            for event in events {
                try navi.send(event)
                try navi.expect(Stub.answer)
            }
            let seen = try scratch.notifications()
            try end(navi)
            return seen
        }

        @Test func aParentThatWasKilledIsACrash() throws {
            let event = Stub.event("PROCESS_STATE_EXITED", Stub.exited)
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
            #expect(crash.payload == Stub.exited)
        }

        @Test func whatSupervisordGaveUpOnIsACrashFromBackoff() throws {
            let seen = try notifications(after: Stub.event("PROCESS_STATE_FATAL", Stub.fatal))
            #expect(seen.map(\.type) == ["crash"])
            #expect(seen.map(\.from) == ["BACKOFF"])
            #expect(seen.first?.pid == nil)
        }

        @Test func anExpectedEndAndOtherEventsAreNothing() throws {
            let expected = Stub.exited.replacing("expected:0", with: "expected:1")
            let seen = try notifications(
                after: Stub.event("PROCESS_STATE_EXITED", expected),
                Stub.event(
                    "PROCESS_STATE_STOPPED",
                    "processname:app groupname:app from_state:STOPPING pid:1"),
                Stub.event("PROCESS_STATE_EXITED_NOT", Stub.exited),
                Stub.event("SUPERVISOR_STATE_CHANGE", "")
            )
            #expect(seen.isEmpty)
        }

        @Test func whatTheParentReportedIsNotReportedAgain() throws {
            let parent = try Running(script: "exit 5", in: scratch)
            _ = parent.wait()
            let payload = Stub.exited.replacing("4711", with: "\(parent.pid)")
            let seen = try notifications(after: Stub.event("PROCESS_STATE_EXITED", payload))
            #expect(seen.map(\.reporter) == ["parent"])
        }

        @Test func aStopThatTheParentPassedOnIsNotReported() throws {
            let parent = try Running(script: "echo up; exec sleep 60", in: scratch)
            try parent.expect("up\n")
            parent.signal(SIGTERM)
            _ = parent.wait()
            let payload = Stub.exited.replacing("4711", with: "\(parent.pid)")
            #expect(try notifications(after: Stub.event("PROCESS_STATE_EXITED", payload)).isEmpty)
        }

        @Test func itsOwnEndIsNotTheAppsCrash() throws {
            let own = Stub.exited.replacing("app", with: "navi")
            let seen = try notifications(
                after: Stub.event("PROCESS_STATE_EXITED", own),
                environment: ["SUPERVISOR_GROUP_NAME": "navi"])
            #expect(seen.isEmpty)
        }

        /// A parent that lives reports the kernel's kills; the listener those that came after it.
        @Test func aKillIsReportedOnceWhoeverSeesIt() throws {
            try scratch.setKills(3)
            let parent = try Running(
                script: "echo up; exec sleep 60", in: scratch,
                environment: ["NAVI_INSTANCE": "hello/1", "SUPERVISOR_PROCESS_NAME": "app"])
            try parent.expect("up\n")
            let navi = try listener()
            func tick() throws {
                try navi.send(Stub.event("TICK_5", "when:1795480132"))
                try navi.expect(Stub.answer)
            }
            try scratch.setKills(4)
            for _ in 0..<3 { try tick() }
            #expect(try eventually { try scratch.notifications().count == 1 })
            for _ in 0..<3 { try tick() }
            parent.signal(SIGTERM)
            _ = parent.wait()
            try tick()
            #expect(try scratch.notifications().count == 1)
            try scratch.setKills(6)
            for _ in 0..<3 { try tick() }
            try end(navi)
            let seen = try scratch.notifications()
            #expect(seen.map(\.type) == ["out-of-memory", "out-of-memory"])
            #expect(seen.map(\.reporter) == ["parent", "listener"])
            #expect(seen.map(\.process) == ["app", "app"])
            #expect(seen.map(\.instance) == ["hello/1", "hello/1"])
            #expect(seen.map(\.evidence.oomKillsBefore) == [3, 4])
            #expect(seen.map(\.evidence.oomKillsAfter) == [4, 6])

            // Nor does one that takes over report it again: a listener, a parent.
            let again = try notifications(after: Stub.event("TICK_5", "when:1795480137"))
            #expect(again.count == 2)
            _ = try Running(script: "exit 0", in: scratch).wait()
            #expect(try scratch.notifications().count == 2)
        }

        @Test func endsWhatAKilledParentLeftBehind() throws {
            let navi = try listener()
            let parent = try Running(script: "sleep 60 & echo $$; echo $!; wait", in: scratch)
            let app = try parent.line()
            let child = try #require(Int32(try parent.line()))
            #expect(try eventually { try scratch.record("parent").contains("group:\(app) ") })
            parent.signal(SIGKILL)
            _ = parent.wait()
            try navi.send(Stub.event("TICK_5", "when:1795480132"))
            try navi.expect(Stub.answer)
            #expect(eventually { !isAlive(child) })
            try end(navi)
        }

        @Test func aPayloadWithoutAProcessIsSaidAndLeftAlone() throws {
            let navi = try listener()
            for payload in ["", "nonsense", "processname:app expected", "expected:0"] {
                try navi.send(Stub.event("PROCESS_STATE_EXITED", payload))
                try navi.expect(Stub.answer)
            }
            try end(navi)
            #expect(try scratch.notifications().isEmpty)
            #expect(try navi.remainingErrors().contains("event 21: expected key:value"))
        }
    }
}
