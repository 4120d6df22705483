import Foundation
import Testing

extension NaviTests {
    struct BuildTests {
        struct Report: Decodable {
            struct Memory: Decodable {
                var oomKillsBefore: Int?
                var oomKillsAfter: Int?
                var limitBytes: Int?
                var peakBytes: Int?
            }

            struct Processes: Decodable {
                var limit: Int?
                var denied: Int?
            }

            struct Disk: Decodable {
                var sizeBytes: Int?
                var freeBytes: Int?
                var lowestFreeBytes: Int?
            }

            var version: Int
            var exitStatus: Int?
            var signal: Int?
            var startedAt: String
            var endedAt: String
            var memory: Memory
            var processes: Processes
            var disk: Disk
        }

        let scratch: Scratch

        init() throws { scratch = try Scratch() }

        private func build(_ command: [String], volume: String? = nil) throws
            -> (end: Running.End, report: Report)
        {
            let flags = ["--cgroup", "\(scratch.path)/cgroup", "--volume", volume ?? scratch.path]
            let navi = try Running(["build"] + flags + ["--"] + command)
            let end = navi.wait()
            let file = "\(volume ?? scratch.path)/build-report.json"
            let data = try Data(contentsOf: URL(fileURLWithPath: file))
            return (end, try JSONDecoder().decode(Report.self, from: data))
        }

        @Test func reportsHowTheBuildEnded() throws {
            let (end, report) = try build(["sh", "-c", "exit 3"])
            #expect(end == Running.End(exitStatus: 3))
            #expect(report.version == 1)
            #expect(report.exitStatus == 3)
            #expect(report.signal == nil)
            #expect(report.startedAt <= report.endedAt)
            #expect(report.memory.oomKillsBefore == 0 && report.memory.oomKillsAfter == 0)
            #expect(report.memory.limitBytes == 268_435_456)
            #expect(report.memory.peakBytes == 200_000_000)
            #expect(report.processes.limit == 256)
            #expect(report.processes.denied == 0)
            #expect(!scratch.exists(".build-report"))
        }

        @Test func memoryProcessesAndAMissingBuildAreToldApart() throws {
            let killed = try build(["sh", "-c", "\(scratch.raise(to: 2)); kill -9 $$"])
            #expect(killed.end == Running.End(signal: 9))
            #expect(killed.report.signal == 9)
            #expect(killed.report.memory.oomKillsAfter == 2)

            let events = "\(scratch.path)/cgroup/pids/pids.events"
            let denied = try build(["sh", "-c", "echo max 7 > \(events); exit 2"])
            #expect(denied.report.processes.denied == 7)

            let missing = try build(["no-such-build"])
            #expect(missing.end == Running.End(exitStatus: 127))
            #expect(missing.report.exitStatus == 127)
        }

        @Test func theBuildMayRenameOrRemoveWhatLiesBesideIt() throws {
            let path = scratch.path
            let (_, report) = try build([
                "sh", "-c",
                "rm -f \(path)/.build-report; ln -s /etc/passwd \(path)/build-report.json",
            ])
            #expect(report.exitStatus == 0)
            var status = stat()
            #expect(lstat("\(path)/build-report.json", &status) == 0)
            #expect(status.st_mode == S_IFREG | 0o600)
        }

        @Test(.enabled(if: geteuid() == 0, "mounting a volume takes root"))
        func aFullVolumeIsReportedEvenIfTheBuildTidiedUp() throws {
            let mount = "\(scratch.path)/volume"
            try FileManager.default.createDirectory(
                atPath: mount, withIntermediateDirectories: true)
            let volume = try Volume(at: mount, in: scratch)
            defer { volume.unmount() }
            let script = "dd if=/dev/zero of=\(mount)/big bs=4096 2>/dev/null; sleep 0.3; "
            let full = try build(["sh", "-c", script + "exit 1"], volume: mount)
            #expect(full.report.exitStatus == 1)
            #expect(full.report.disk.freeBytes ?? .max < 65536)
            #expect(full.report.disk.sizeBytes ?? 0 > 4 << 20)

            let tidied = try build(
                ["sh", "-c", script + "rm \(mount)/big; sync -f \(mount); exit 1"], volume: mount)
            #expect(tidied.report.disk.lowestFreeBytes ?? .max < 65536)
            #expect(tidied.report.disk.freeBytes ?? 0 > 1 << 20)
        }
    }
}
