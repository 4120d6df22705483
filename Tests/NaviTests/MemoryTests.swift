import Foundation
import Testing

/// Out-of-memory is said on the kernel's counter alone, and of the process that it was about.
extension NaviTests {
    struct MemoryTests {
        let scratch: Scratch

        init() throws { scratch = try Scratch() }

        private func only(_ script: String) throws -> Notification {
            let navi = try Running(script: script, in: scratch)
            _ = navi.wait()
            let notifications = try scratch.notifications()
            #expect(notifications.count == 1)
            return try #require(notifications.first)
        }

        @Test(arguments: ["kill -9 $$", "exit 137"])
        func aKillThatTheKernelCountedIsOutOfMemory(end: String) throws {
            try scratch.setKills(2)
            let notification = try only("sleep 0.2; \(scratch.raise(to: 3)); \(end)")
            #expect(notification.type == "out-of-memory")
            #expect(notification.pid != nil)
            #expect(notification.evidence.oomKillsBefore == 2)
            #expect(notification.evidence.oomKillsAfter == 3)
            #expect(try scratch.record("parent").contains("oomKills:3 "))
        }

        /// While the app lives, or with its end: each is told once, the earlier one first.
        @Test(arguments: [
            "\(NaviTests.looked); kill -9 $$", "sleep 2.5; kill -9 $$", "exit 1", "exit 139",
        ])
        func aKillOfAnotherProcessDoesNotLabelTheEnd(end: String) throws {
            try scratch.setKills(2)
            let navi = try Running(script: "\(scratch.raise(to: 4)); \(end)", in: scratch)
            _ = navi.wait()
            let seen = try scratch.notifications()
            #expect(seen.map(\.type) == ["out-of-memory", "crash"])
            #expect(seen.first?.pid == nil && seen.last?.pid != nil)
            #expect(seen.first?.evidence.oomKillsBefore == 2)
            #expect(seen.first?.evidence.oomKillsAfter == 4)
            #expect(seen.last?.evidence.oomKillsBefore == 4)
            #expect(try scratch.record("parent").contains("oomKills:4 "))
        }

        @Test func aKillUnderALivingAppIsToldOnceAndWithinThreeSeconds() throws {
            let navi = try Running(script: "echo up; exec sleep 60", in: scratch)
            try navi.expect("up\n")
            let start = Date()
            try scratch.setKills(1)
            #expect(try eventually { try scratch.notifications().count == 1 })
            #expect(Date().timeIntervalSince(start) < 3)
            try scratch.setKills(2)
            usleep(300_000)
            try scratch.setKills(3)
            #expect(try eventually { try scratch.notifications().count == 2 })
            navi.signal(SIGTERM)
            _ = navi.wait()
            let evidence = try scratch.notifications().map(\.evidence)
            #expect(evidence.map(\.oomKillsBefore) == [0, 1])
            #expect(evidence.map(\.oomKillsAfter) == [1, 3])
        }

        @Test func aStopTellsEarlierKillsAndNoneOnItsWay() throws {
            let script = "trap '\(scratch.raise(to: 2)); exit 1' TERM; echo up; sleep 60 & wait"
            let navi = try Running(script: script, in: scratch)
            try navi.expect("up\n")
            navi.signal(SIGTERM)
            _ = navi.wait()
            #expect(try scratch.notifications().isEmpty)

            let next = try Running(
                script: "\(scratch.raise(to: 3)); echo up; sleep 60", in: scratch)
            try next.expect("up\n")
            usleep(300_000)
            next.signal(SIGTERM)
            _ = next.wait()
            let seen = try scratch.notifications()
            #expect(seen.map(\.type) == ["out-of-memory"])
            #expect(seen.first?.evidence.oomKillsAfter == 3)
        }

        /// From between two parents, or where the folder was broken.
        @Test func whatNobodyReportedIsTheNextParentsToTell() throws {
            try scratch.setKills(1)
            let first = try Running(script: "\(scratch.raise(to: 2)); exit 0", in: scratch)
            _ = first.wait()
            try scratch.setKills(5)
            let second = try Running(script: "kill -9 $$", in: scratch)
            _ = second.wait()
            let seen = try scratch.notifications()
            #expect(seen.map(\.type) == ["out-of-memory", "out-of-memory", "crash"])
            #expect(seen.map(\.evidence.oomKillsAfter) == [2, 5, 5])
        }

        @Test func withoutACounterNothingIsOutOfMemory() throws {
            try FileManager.default.removeItem(atPath: "\(scratch.path)/cgroup")
            let notification = try only("kill -9 $$")
            #expect(notification.type == "crash")
            #expect(notification.evidence.oomKillsAfter == nil)
            #expect(notification.evidence.limitBytes == nil)
        }

        @Test func versionTwoCountsKillsAndNotPressure() throws {
            let events = "\(scratch.path)/cgroup/memory.events"
            try scratch.write("oom 0\noom_kill 0\n", to: "cgroup/memory.events")
            try scratch.write("134217728\n", to: "cgroup/memory.max")
            try scratch.write("134000000\n", to: "cgroup/memory.peak")
            let pressed = try only("printf 'oom 5\\noom_kill 0\\n' > \(events); kill -9 $$")
            #expect(pressed.type == "crash")
            #expect(pressed.evidence.limitBytes == 134_217_728)
            #expect(pressed.evidence.peakBytes == 134_000_000)
            let navi = try Running(
                script: "printf 'oom 6\\noom_kill 1\\n' > \(events); kill -9 $$", in: scratch)
            _ = navi.wait()
            #expect(try scratch.notifications().map(\.type) == ["crash", "out-of-memory"])
        }
    }
}
