import Foundation
import Testing

private let memoryController = "/sys/fs/cgroup/memory"
private let canLimitMemory =
    geteuid() == 0 && access("\(memoryController)/memory.limit_in_bytes", F_OK) == 0

/// The kernel's own kills, in a control group (version 1) made for the test.
extension NaviTests {
    @Suite(.enabled(if: canLimitMemory, "takes root and a memory controller of version 1"))
    struct KernelTests {
        /// Runs a script as the app under a limit, and returns what navi reported.
        private func notifications(after script: String, limit: String = "50M") throws
            -> [Notification]
        {
            let scratch = try Scratch()
            let group = "\(memoryController)/navi-test-\(UUID().uuidString)"
            #expect(mkdir(group, 0o755) == 0)
            // It empties a moment after its last process has ended.
            defer { #expect(eventually { rmdir(group) == 0 }) }
            try FileManager.default.removeItem(atPath: "\(scratch.path)/cgroup/memory")
            #expect(symlink(group, "\(scratch.path)/cgroup/memory") == 0)
            // Written in place: the kernel knows no rename here.
            try Data(limit.utf8).write(
                to: URL(fileURLWithPath: "\(group)/memory.limit_in_bytes"))

            let enter = "echo $$ > \(group)/cgroup.procs; exec \"$0\" \"$@\""
            let navi = try Running(
                ["-c", enter, Running.binary, "run"] + scratch.flags + ["--", "sh", "-c", script],
                binary: "/bin/sh")
            _ = navi.wait()
            return try scratch.notifications()
        }

        @Test(arguments: ["exec tail /dev/zero", "tail /dev/zero; exit $?"])
        func anAllocationPastTheLimitIsOutOfMemory(script: String) throws {
            let seen = try notifications(after: script)
            #expect(seen.map(\.type) == ["out-of-memory"])
            #expect(seen.first?.evidence.oomKillsBefore == 0)
            #expect(seen.first?.evidence.oomKillsAfter == 1)
            #expect(seen.first?.evidence.limitBytes == 52_428_800)
        }

        /// The shell is alive and has no SIGKILL when the counter is seen to have moved.
        @Test(arguments: ["kill -9 $$", "exit 137"])
        func aKillAfterAnotherProcessRanOutOfMemoryIsACrash(end: String) throws {
            let other = "sleep 60 & tail /dev/zero; \(NaviTests.looked); kill $!; wait; "
            let seen = try notifications(after: other + end)
            #expect(seen.map(\.type) == ["out-of-memory", "crash"])
        }

        /// It takes some hundred milliseconds to die, over several samples.
        @Test func aBigVictimIsOutOfMemoryHoweverLongItDies() throws {
            let seen = try notifications(after: "exec tail /dev/zero", limit: "1G")
            #expect(seen.map(\.type) == ["out-of-memory"])
        }
    }
}
