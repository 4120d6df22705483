import Foundation
import Testing

private let memoryController = "/sys/fs/cgroup/memory"
private let canLimitMemory =
    geteuid() == 0 && access("\(memoryController)/memory.limit_in_bytes", F_OK) == 0

/// The kernel's own kills, in a control group (version 1) made for the test.
extension NaviTests {
    @Suite(.enabled(if: canLimitMemory, "takes root and a memory controller of version 1"))
    struct KernelTests {
        /// Runs a script as the app under a limit of 50 MiB, and returns what navi reported.
        private func notifications(after script: String) throws -> [Notification] {
            let scratch = try Scratch()
            let group = "\(memoryController)/navi-test-\(UUID().uuidString)"
            #expect(mkdir(group, 0o755) == 0)
            // It empties a moment after its last process has ended.
            defer { #expect(eventually { rmdir(group) == 0 }) }
            try FileManager.default.removeItem(atPath: "\(scratch.path)/cgroup/memory")
            #expect(symlink(group, "\(scratch.path)/cgroup/memory") == 0)
            // Written in place: the kernel knows no rename here.
            try Data("50M".utf8).write(
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

        @Test func aKillAfterAnotherProcessRanOutOfMemoryIsACrash() throws {
            let seen = try notifications(after: "tail /dev/zero; sleep 1.5; kill -9 $$")
            #expect(seen.map(\.type) == ["crash"])
            #expect(seen.first?.signal == 9)
        }
    }
}
