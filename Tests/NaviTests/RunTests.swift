import Foundation
import Testing

extension NaviTests {
    struct RunTests {
        let scratch: Scratch

        init() throws { scratch = try Scratch() }

        @Test(arguments: [0, 1, 3, 77, 137, 255] as [Int32])
        func passesTheExitStatusOn(status: Int32) throws {
            let navi = try Running(script: "exit \(status)", in: scratch)
            #expect(navi.wait() == Running.End(exitStatus: status))
            let notifications = try scratch.notifications()
            #expect(notifications.map(\.type) == (status == 0 ? [] : ["crash"]))
            #expect(notifications.first?.exitStatus == (status == 0 ? nil : Int(status)))
        }

        @Test(arguments: [SIGKILL, SIGSEGV, SIGABRT, SIGTERM, SIGPIPE])
        func diesByTheSignalThatKilledTheApp(signal: Int32) throws {
            let navi = try Running(script: "kill -\(signal) $$", in: scratch)
            #expect(navi.wait() == Running.End(signal: signal))
            let notifications = try scratch.notifications()
            #expect(notifications.map(\.type) == ["crash"])
            #expect(notifications.first?.signal == Int(signal))
            #expect(notifications.first?.exitStatus == nil)
        }

        @Test func aCrashSaysAllThatTheHostNeeds() throws {
            let navi = try Running(
                script: "echo $$; exit 4", in: scratch,
                environment: ["NAVI_INSTANCE": "hello/0", "SUPERVISOR_PROCESS_NAME": "app"])
            let app = try #require(Int(try navi.line()))
            let parent = navi.pid
            _ = navi.wait()
            let crash = try #require(try scratch.notifications().first)
            #expect(crash.version == 1)
            #expect(crash.reporter == "parent")
            #expect(crash.process == "app")
            #expect(crash.instance == "hello/0")
            #expect(crash.pid == app)
            #expect(crash.from == "RUNNING")
            #expect(crash.serial == 1)
            #expect(crash.evidence.oomKillsBefore == 0)
            #expect(crash.evidence.oomKillsAfter == 0)
            #expect(crash.evidence.limitBytes == 268_435_456)
            #expect(crash.evidence.peakBytes == 200_000_000)
            let milliseconds = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
            let time = try Date(crash.at, strategy: milliseconds)
            #expect(abs(time.timeIntervalSinceNow) < 60)

            let name = try #require(try scratch.files().first { $0.hasSuffix(".json") })
            #expect(name.hasSuffix("-000001-parent\(parent).json"))
            #expect(name.prefix { $0.isNumber }.count == 19)
        }

        @Test(arguments: [SIGTERM, SIGINT, SIGQUIT])
        func aRequestedStopIsNoCrash(signal: Int32) throws {
            let navi = try Running(script: "ulimit -c 0; echo up; exec sleep 60", in: scratch)
            try navi.expect("up\n")
            navi.signal(signal)
            #expect(navi.wait() == Running.End(signal: signal))
            #expect(try scratch.notifications().isEmpty)
        }

        @Test func passesASignalOnOnceAndToTheWholeGroup() throws {
            let script = """
                trap 'echo outer' USR1
                sh -c 'trap "echo inner" USR1; echo up; while :; do sleep 0.1; done' &
                while :; do wait; done
                """
            let navi = try Running(script: script, in: scratch)
            try navi.expect("up\n")
            navi.signal(SIGUSR1)
            let lines = [try navi.line(), try navi.line()]
            #expect(lines.sorted() == ["inner", "outer"])
            navi.signal(SIGTERM)
            _ = navi.wait()
            #expect(try navi.remainingOutput().isEmpty)
        }

        @Test func theAppIsTheKernelsFirstVictimInItsOwnGroup() throws {
            let navi = try Running(
                script:
                    "cat /proc/self/oom_score_adj; cut -d' ' -f5 /proc/$$/stat; echo $$; sleep 60",
                in: scratch)
            #expect(try navi.line() == "500")
            #expect(try navi.line() == navi.line())
            navi.signal(SIGTERM)
            _ = navi.wait()
        }

        @Test func whatACrashedAppLeavesBehindEndsWithIt() throws {
            let navi = try Running(script: "sleep 60 & echo $!; exit 1", in: scratch)
            let child = try #require(Int32(try navi.line()))
            #expect(navi.wait() == Running.End(exitStatus: 1))
            #expect(eventually { !isAlive(child) })
        }

        @Test func theAppDiesIfNaviDoesAndTheNextOneEndsTheRest() throws {
            let navi = try Running(script: "sleep 60 & echo $$; echo $!; wait", in: scratch)
            let app = try #require(Int32(try navi.line()))
            let child = try #require(Int32(try navi.line()))
            #expect(try eventually { try scratch.record("parent").contains("group:\(app) ") })
            navi.signal(SIGKILL)
            #expect(navi.wait() == Running.End(signal: SIGKILL))
            #expect(eventually { !isAlive(app) })
            #expect(isAlive(child))

            let next = try Running(script: "exit 0", in: scratch)
            #expect(next.wait() == Running.End(exitStatus: 0))
            #expect(eventually { !isAlive(child) })
        }

        @Test func aMissingCommandIsNamed() throws {
            let navi = try Running(["run"] + scratch.flags + ["--", "no-such-start"])
            #expect(navi.wait() == Running.End(exitStatus: 127))
            #expect(try navi.remainingErrors().contains("no-such-start: No such file"))
            #expect(try scratch.notifications().isEmpty)
        }

        @Test func aFileThatIsNoCommandIsNamed() throws {
            let navi = try Running(["run"] + scratch.flags + ["--", "/etc/passwd"])
            #expect(navi.wait() == Running.End(exitStatus: 126))
            #expect(try navi.remainingErrors().contains("/etc/passwd: Permission denied"))
        }

        @Test(arguments: [
            [], ["run"], ["run", "--"], ["walk", "--", "true"], ["listen", "--", "x"],
        ])
        func refusesACallThatMakesNoSense(arguments: [String]) throws {
            let navi = try Running(arguments)
            #expect(navi.wait() == Running.End(exitStatus: 64))
            #expect(try navi.remainingErrors().contains("usage: navi run"))
        }
    }
}
