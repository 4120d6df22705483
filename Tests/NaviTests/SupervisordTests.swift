import Foundation
import Testing

/// navi under the real supervisord.
extension NaviTests {
    @Suite(.enabled(if: geteuid() == 0, "supervisord starts as root here, and volumes are mounted"))
    struct SupervisordTests {
        let scratch: Scratch

        init() throws { scratch = try Scratch() }

        private func crash(_ supervisord: Supervisord) throws {
            try supervisord.control("start", "killed:")
        }

        /// Has no parent of navi's, so that the listener is the one to report.
        private static let killed = """
            [program:killed]
            command=sh -c 'kill -9 $$'
            autostart=false
            autorestart=false
            startsecs=0
            """

        private func processed(_ log: String) -> Int {
            log.components(separatedBy: "navi: event was processed").count - 1
        }

        private func waiting() throws -> Int {
            try FileManager.default.contentsOfDirectory(atPath: "\(scratch.path)/records").count {
                $0.hasPrefix("waiting-")
            }
        }

        @Test func noneOfAThousandCrashesIsLost() throws {
            // Twenty runs each end with status 1, then one with 0. A shell that forks takes longer.
            let count = "%(process_num)d"
            let run =
                "read n < \(count); echo $((n + 1)) > \(count); [ $n -ge 20 ]"
            for number in 0..<50 { try scratch.write("0\n", to: "cgroup/\(number)") }
            let supervisord = try Supervisord(
                """
                [program:storm]
                command=sh -c '\(run)'
                directory=\(scratch.path)/cgroup
                process_name=storm%(process_num)d
                numprocs=50
                startsecs=0
                autorestart=unexpected
                \(Self.killed)
                """, in: scratch)
            #expect(try eventually { try scratch.files().count == 1008 })
            try crash(supervisord)
            #expect(try eventually { try scratch.files().count == 1009 })
            supervisord.end()

            let seen = try scratch.notifications()
            #expect(Set(seen.map(\.serial)).count == 1001)
            #expect(Set(seen.compactMap(\.pid)).count == 1001)
            for number in 0..<50 {
                #expect(seen.count { $0.process == "storm\(number)" } == 20)
            }
            #expect(seen.last?.process == "killed")
            let log = try supervisord.log()
            #expect(!log.contains("UNKNOWN") && !log.contains("overflowed"))
        }

        @Test func aThousandEventsThatAreNotASCIILeaveItInStep() throws {
            let supervisord = try Supervisord(Self.killed, in: scratch)
            let script = "\(Self.support)/remote-events.py \(supervisord.socket) 1000"
            try shell("python3 \(script)")
            try crash(supervisord)
            let isKnown = try eventually {
                try scratch.notifications().map(\.process) == ["killed"]
            }
            supervisord.end()

            let log = try supervisord.log()
            #expect(isKnown, "\(log.suffix(2000))")
            #expect(processed(log) >= 1001)
            #expect(!log.contains("UNKNOWN") && !log.contains("overflowed"))
            // The same process all along: it was never thrown out, nor did it leave.
            #expect(log.components(separatedBy: "spawned: 'navi'").count == 2)
        }

        private static let support = "\((#filePath as NSString).deletingLastPathComponent)/Support"

        @Test func onAFullVolumeTheNextEightArriveAndNothingIsHeldUp() throws {
            let volume = try Volume(at: "\(scratch.path)/notifications", in: scratch)
            defer { volume.unmount() }
            // The app takes each block that becomes free.
            let greed = "while :; do dd if=/dev/zero bs=1024 >> \(volume.fill); sleep 0.01; done"
            let supervisord = try Supervisord(
                """
                [program:greedy]
                command=sh -c '\(greed)'
                autostart=false
                stdout_logfile=NONE
                stderr_logfile=NONE
                \(Self.killed)
                numprocs=12
                process_name=killed%(process_num)d
                """, in: scratch)
            #expect(try eventually { try scratch.files().contains(".slot-7") })
            try supervisord.control("start", "greedy")
            try volume.fillUp()
            try supervisord.control("start", "killed:")
            #expect(try eventually { try scratch.notifications().count + waiting() == 12 })
            #expect(try scratch.notifications().count >= 8)
            try supervisord.control("stop", "greedy")
            try volume.empty()
            #expect(try eventually { try scratch.notifications().count == 12 })
            supervisord.end()
            #expect(Set(try scratch.notifications().map(\.process)).count == 12)
            let log = try supervisord.log()
            #expect(!log.contains("UNKNOWN") && !log.contains("rejected"))
        }
    }
}
