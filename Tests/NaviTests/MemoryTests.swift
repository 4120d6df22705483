import Foundation
import Testing

/// Out-of-memory is said on the kernel's counter alone, moved right before the end.
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

        @Test(arguments: ["kill -9 $$", "exit 137", "sleep 0.3; kill -9 $$", "sleep 0.6; exit 137"])
        func aKillThatTheKernelCountedIsOutOfMemory(end: String) throws {
            try scratch.setKills(2)
            let notification = try only("sleep 0.2; \(scratch.raise(to: 3)); \(end)")
            #expect(notification.type == "out-of-memory")
            #expect(notification.evidence.oomKillsBefore == 2)
            #expect(notification.evidence.oomKillsAfter == 3)
            #expect(try scratch.record("parent").contains("oomKills:3 "))
        }

        @Test(arguments: ["kill -9 $$", "exit 137"])
        func anEarlierKillDoesNotLabelALaterOne(end: String) throws {
            let notification = try only("\(scratch.raise(to: 1)); sleep 1.6; \(end)")
            #expect(notification.type == "crash")
            #expect(notification.evidence.oomKillsBefore == 1)
            #expect(notification.evidence.oomKillsAfter == 1)
            // The earlier one is the listener's to report.
            #expect(try scratch.record("parent").contains("oomKills:0 "))
        }

        @Test(arguments: ["exit 1", "kill -11 $$", "exit 139"])
        func anEndThatIsNoKillIsACrash(end: String) throws {
            #expect(try only("\(scratch.raise(to: 1)); \(end)").type == "crash")
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
