import Foundation
import Testing

/// What navi reads of a control group, on files recorded after one kill for memory and one refused
/// fork: version 1 of a container here, version 2 under a kernel 6.1 (`Tests/Guest`).
extension NaviTests {
    struct ControlGroupTests {
        let scratch: Scratch
        private var group: String { "\(scratch.path)/cgroup" }

        init() throws { scratch = try Scratch() }

        private func use(_ version: String) throws {
            let tests = (#filePath as NSString).deletingLastPathComponent
            let recorded = "\(tests)/Support/control-groups/\(version)"
            try FileManager.default.removeItem(atPath: group)
            try FileManager.default.copyItem(atPath: recorded, toPath: group)
        }

        private func report(after script: String = ":") throws -> BuildTests.Report {
            let navi = try Running(["build"] + scratch.flags + ["--", "sh", "-c", script])
            #expect(navi.wait() == Running.End(exitStatus: 0))
            let file = URL(fileURLWithPath: "\(scratch.path)/build-report.json")
            return try JSONDecoder().decode(BuildTests.Report.self, from: Data(contentsOf: file))
        }

        @Test(arguments: [("v1", 64), ("v2", 50)])
        func readsWhatAKernelWrote(version: String, limitMiB: Int) throws {
            try use(version)
            let read = try report()
            #expect(read.memory.oomKillsBefore == 1 && read.memory.oomKillsAfter == 1)
            #expect(read.memory.limitBytes == limitMiB << 20)
            #expect(read.memory.peakBytes == limitMiB << 20)
            #expect(read.processes.limit == 20)
            #expect(read.processes.denied == 0)
        }

        @Test func countsWhatMovesUnderVersionTwo() throws {
            try use("v2")
            let moved = try report(
                after: """
                    sed -i 's/^oom_kill 1/oom_kill 3/; s/^oom 1/oom 9/' \(group)/memory.events
                    echo max 8 > \(group)/pids.events
                    """)
            // `sed -i` puts another file there, as no kernel does: navi holds the old one open.
            #expect(moved.memory.oomKillsAfter == 1)
            #expect(moved.processes.denied == 7)
            let script = "t=$(sed 's/^oom_kill 3/oom_kill 5/' \(group)/memory.events); "
            let inPlace = try report(after: script + "echo \"$t\" > \(group)/memory.events")
            #expect(inPlace.memory.oomKillsBefore == 3 && inPlace.memory.oomKillsAfter == 5)
        }

        /// Linux has `memory.peak` since 5.19, and no figure where there is no limit.
        @Test func whatIsNotThereIsUnknown() throws {
            try use("v2")
            try FileManager.default.removeItem(atPath: "\(group)/memory.peak")
            try scratch.write("max\n", to: "cgroup/memory.max")
            try scratch.write("max\n", to: "cgroup/pids.max")
            let read = try report()
            #expect(read.memory.peakBytes == nil && read.memory.limitBytes == nil)
            #expect(read.processes.limit == nil)
            #expect(read.memory.oomKillsAfter == 1)
        }

        @Test(arguments: ["", "\n", "-1\n", "12 bananas\n", "0x10\n", "99999999999999999999\n"])
        func whatIsNoFigureIsUnknown(text: String) throws {
            try use("v2")
            for file in ["memory.max", "memory.peak", "pids.max"] {
                try scratch.write(text, to: "cgroup/\(file)")
            }
            try scratch.write("oom_kill \(text)", to: "cgroup/memory.events")
            try scratch.write("max", to: "cgroup/pids.events")
            let read = try report()
            #expect(read.memory.limitBytes == nil && read.memory.peakBytes == nil)
            #expect(read.memory.oomKillsBefore == nil && read.memory.oomKillsAfter == nil)
            #expect(read.processes.limit == nil && read.processes.denied == nil)
        }
    }
}
