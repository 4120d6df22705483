import Foundation
import Testing

/// Control groups version 2 for real: another kernel's kills, in `Tests/Guest`.
extension NaviTests {
    struct GuestTests {
        let scratch: Scratch

        init() throws { scratch = try Scratch() }

        private static let guest =
            "\((#filePath as NSString).deletingLastPathComponent)/../Guest/guest"

        /// Runs a script in a guest that writes to the scratch folder and knows navi as `$NAVI`.
        private func run(_ script: String) throws {
            let guest = try Running(
                [
                    "--writable", scratch.path, "--environment",
                    "NAVI=\(Running.binary)", "--environment", "OUT=\(scratch.path)", "--", script,
                ], binary: Self.guest)
            let end = guest.wait()
            let errors = try guest.remainingErrors()
            #expect(end == Running.End(exitStatus: 0), "\(errors)")
        }

        private func notifications(_ app: String) throws -> [Notification] {
            try scratch.notifications(in: "\(app)/notifications")
        }

        @Test func anOutOfMemoryIsToldFromAKill() throws {
            // In memory there, then copied: the folder's own promises are tested elsewhere.
            try run(
                """
                set -e
                echo '+memory +pids' > /sys/fs/cgroup/cgroup.subtree_control
                flags() { echo "--notifications /run/$1/notifications --records /run/$1/records \
                    --cgroup /sys/fs/cgroup/$1 --volume /run/$1"; }
                # within GROUP COMMAND…: in a group of 20 MiB and 30 processes
                within() {
                    group=$1; shift
                    mkdir -p /run/$group/notifications /sys/fs/cgroup/$group
                    echo 20M > /sys/fs/cgroup/$group/memory.max
                    echo 30 > /sys/fs/cgroup/$group/pids.max
                    sh -c 'echo 0 > "$0"; exec "$@"' /sys/fs/cgroup/$group/cgroup.procs "$@" || true
                }
                app() { within $1 $NAVI run $(flags $1) -- sh -c "$2"; }
                app itself 'exec tail /dev/zero' &
                app child 'tail /dev/zero; exit $?' &
                app killed 'kill -9 $$' &
                app earlier 'tail /dev/zero; sleep 2.5; kill -9 $$' &
                within build $NAVI build $(flags build) -- sh -c \
                    '(for i in $(seq 40); do sleep 0.1 & done); tail /dev/zero; exit 3' &
                # The listener is there first, as in a container, and hears of it as the app lives.
                within living true
                mkfifo /run/events
                $NAVI listen $(flags living) < /run/events > /run/answer &
                exec 9> /run/events
                until [ -s /run/answer ]; do sleep 0.1; done
                app living 'tail /dev/zero; until [ -e /run/reported ]; do sleep 0.1; done' &
                until grep -q 'oom_kill [1-9]' /sys/fs/cgroup/living/memory.events; do sleep 0.1; done
                printf 'eventname:TICK_5 len:0 serial:5\\n' >&9
                exec 9>&-
                until grep -q RESULT /run/answer; do sleep 0.1; done
                touch /run/reported
                wait
                cp -r /run/itself /run/child /run/killed /run/earlier /run/living /run/build $OUT
                """)

            for app in ["itself", "child"] {
                let seen = try notifications(app)
                #expect(seen.map(\.type) == ["out-of-memory"], "\(app)")
                #expect(seen.first?.evidence.oomKillsBefore == 0)
                #expect(seen.first?.evidence.oomKillsAfter == 1)
                #expect(seen.first?.evidence.limitBytes == 20 << 20)
                #expect(seen.first?.evidence.peakBytes == 20 << 20)
            }
            #expect(try notifications("killed").map(\.type) == ["crash"])
            #expect(try notifications("killed").first?.evidence.oomKillsAfter == 0)
            // The child's end is told as what it was, and names none for the later one.
            #expect(try notifications("earlier").map(\.type) == ["out-of-memory", "crash"])
            #expect(try notifications("earlier").last?.evidence.oomKillsAfter == 1)
            for app in ["killed", "earlier"] {
                #expect(try notifications(app).last?.signal == 9, "\(app)")
            }
            #expect(try notifications("living").map(\.type) == ["out-of-memory"])
            #expect(try notifications("living").map(\.reporter) == ["parent"])

            let file = URL(fileURLWithPath: "\(scratch.path)/build/build-report.json")
            let report = try JSONDecoder().decode(
                BuildTests.Report.self, from: Data(contentsOf: file))
            #expect(report.exitStatus == 3)
            #expect(report.memory.oomKillsBefore == 0 && report.memory.oomKillsAfter == 1)
            #expect(report.processes.limit == 30)
            #expect(report.processes.denied ?? 0 > 0)
        }

        @Test func theHarnessItselfFailsAloud() throws {
            let late = try Running(["--timeout", "1.5", "--", "sleep", "60"], binary: Self.guest)
            #expect(late.wait() == Running.End(exitStatus: 125))
            #expect(try late.remainingErrors().contains("guest: not done after 1.5 s"))
            let status = try Running(["exit 42"], binary: Self.guest)
            #expect(status.wait() == Running.End(exitStatus: 42))
        }
    }
}
