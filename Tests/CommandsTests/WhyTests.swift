import FoundationEssentials
import Observed
import Planning
import State
import Testing

@testable import Commands

@Suite struct WhyTests {
    private let naming = Naming(installation: "test")

    private func container(
        _ release: Int, _ state: Program.State = .running, status: Container.Status = .running
    ) -> Container {
        Container(
            id: "\(release)", name: "c\(release)",
            labels: .init(
                app: "web", instance: 0, release: release, spec: "", isTransient: false),
            status: status, exitCode: 137, startedAt: "2026-11-25T20:00:00Z",
            finishedAt: "2026-11-25T20:30:00Z",
            settings: .init(
                imageID: "", memoryBytes: 0, nanoCPUs: 0, user: "", hasReadOnlyRoot: true,
                network: "", mounts: [], ports: []),
            program: status == .running
                ? .read(Program(state: state, startedAt: 1_795_636_805)) : nil)
    }

    private func release(_ number: Int) -> Planning.Release {
        Planning.Release(
            number: number, commit: "\(number)c1e07b0123", subject: "commit \(number)\u{7}",
            tree: "tree\(number)000", artifact: "k", buildImage: "b", runImage: "r",
            plan: "plan\(number)000", at: "2026-11-25T19:59:00Z")
    }

    private func notification(_ file: String, _ end: Observed.Notification.End)
        -> Observed.Notification
    {
        Observed.Notification(
            file: file, kind: .crash, process: "app", end: end, at: "2026-11-25T20:10:00Z",
            from: "RUNNING")
    }

    private func input(
        _ containers: [Container], journal: [JournalEntry] = [], shared: [JournalEntry] = [],
        ledger: [Ledger.Event] = [], mail: [Observed.Notification] = [], stopped: Stop? = nil,
        releases: [Int] = [3, 4], lockedBy: String? = nil
    ) -> WhyInput {
        let volume = Volume(
            name: naming.volume(.run(app: "web", instance: 0, release: 4)), limitBytes: 1,
            usedBytes: 1, isMounted: true,
            contents: .read(
                RunVolumeContents(configuration: nil, damagedFolders: [], notifications: mail)))
        return WhyInput(
            app: "web", installation: "test",
            state: AppState(app: "web", releases: releases.map(release), stopped: stopped),
            journal: journal, sharedJournal: shared, ledger: Ledger(events: ledger),
            observed: Snapshot(
                engine: .read(Engine(containers: containers, images: [], network: nil)),
                volumes: .read([volume])), lockedBy: lockedBy)
    }

    private func entry(
        _ event: JournalEntry.Event, _ step: String = "", plan: String = "p1",
        message: String? = nil,
        changes: [String]? = nil, leftOut: [JournalEntry.LeftOut]? = nil
    ) -> JournalEntry {
        JournalEntry(
            event: event, at: "2026-11-25T20:05:0\(step.count % 10)Z", plan: plan, step: step,
            kind: "k", message: message, commit: "9c1e07b", changes: changes, leftOut: leftOut)
    }

    private var failed: [JournalEntry] {
        [
            entry(.plan, plan: "p0"), entry(.intent, "x", plan: "p0"),
            entry(.done, "x", plan: "p0"),
            entry(.plan, changes: ["web/0 replace: source changed"]),
            entry(.intent, "web/0:start-container"), entry(.done, "web/0:start-container"),
            entry(.intent, "web/0:await-ready"),
            entry(
                .failed, "web/0:await-ready", message: "not ready; its last lines:\n  a\u{1b}[2J"),
            entry(
                .leftOut,
                leftOut: [.init(step: "web/0:remove-container", after: "web/0:await-ready")]),
        ]
    }

    @Test func theAnswerNamesWhatRunsAndWhereTheLastApplyFailed() {
        let document = WhyDocument(
            input([container(4, .fatal), container(3)], journal: failed))
        #expect(
            document.answer
                == "web runs release 3 (3c1e07b) since 2026-11-25T20:00:05Z; its last apply failed "
                + "at web/0:await-ready: not ready")
        #expect(document.release?.number == 3 && document.newest?.number == 4)
        #expect(document.lastPlan?.steps.map(\.outcome) == [.done, .failed, .skipped])
        #expect(document.lastPlan?.changes == ["web/0 replace: source changed"])
        let text = document.text
        #expect(!text.contains("\u{1b}") && text.contains("a\\u{1b}[2J"))
        #expect(
            text.contains("commit 3c1e07b 'commit 3\\u{7}', tree tree300, made by plan plan300"))
        #expect(
            text.contains("  web/0:remove-container  skipped, after web/0:await-ready failed\n"))
    }

    @Test func aCrashIsToldWithItsEnd() {
        let event = Ledger.Event(
            file: "1", instance: 0, kind: "crash", at: "2026-11-25T20:01:00Z", counts: true,
            end: .exitStatus(3))
        var document = WhyDocument(input([container(4)], ledger: [event]))
        #expect(
            document.answer
                == "web runs release 4 (4c1e07b) since 2026-11-25T20:00:05Z; the last event: crash "
                + "of instance 0 at 2026-11-25T20:01:00Z (exit status 3)")
        document = WhyDocument(
            input(
                [container(4)], ledger: [event],
                mail: [notification("1", .exitStatus(3)), notification("2", .signal(9))]))
        // The first was counted, and its file is still there.
        #expect(document.uncounted.map(\.signal) == [9] && document.counted.count == 1)
        #expect(
            document.answer.hasSuffix(
                "an event not counted yet: crash of instance 0 (release 4) at 2026-11-25T20:10:00Z "
                    + "(signal 9)"))
    }

    @Test func whatIsDownSaysWhy() {
        let stop = Stop(at: "2026-11-25T20:00:00Z", by: "root")
        let down = container(4, status: .exited)
        let cases: [(WhyInput, String)] = [
            (
                input([down]),
                "web does not run: the container of release 4 (4c1e07b) is exited since "
                    + "2026-11-25T20:30:00Z, exit status 137"
            ),
            (
                input([container(4, .fatal)]),
                "web does not run: the program of release 4 (4c1e07b) is FATAL"
            ),
            (
                input([down], stopped: stop),
                "web is to be down, as root asked at 2026-11-25T20:00:00Z, until 'modplan start web'"
            ),
            (input([]), "web has no container: its last release is 4 (4c1e07b)"),
            (input([], releases: []), "web was never deployed"),
        ]
        for (input, answer) in cases { #expect(WhyDocument(input).answer == answer) }
        var blind = input([down])
        blind.observed.engine = .unavailable("engine is down")
        #expect(WhyDocument(blind).answer == "what web runs is not known: engine is down")
        #expect(WhyDocument(blind).unknown == ["engine is down"])
    }

    @Test func anApplyThatDiedIsToldFromOneAtWork() {
        let journal = [entry(.plan), entry(.intent, "web/0:start-container")]
        let died = WhyDocument(input([container(4)], journal: journal))
        #expect(died.lastPlan?.outcome == .interrupted)
        #expect(died.answer.hasSuffix("its last apply was interrupted at web/0:start-container"))
        let works = WhyDocument(input([container(4)], journal: journal, lockedBy: "root, pid 7"))
        #expect(works.lastPlan?.outcome == .atWork)
        #expect(works.answer.hasSuffix("at work on it is root, pid 7"))
    }

    @Test func aFailureOfWhatAppsShareIsFound() {
        let journal = [
            entry(.plan),
            entry(.leftOut, leftOut: [.init(step: "web/0:x", after: "network:create-network")]),
        ]
        let shared = [entry(.failed, "network:create-network", message: "no more networks")]
        let document = WhyDocument(input([], journal: journal, shared: shared))
        #expect(
            document.answer.hasSuffix(
                "its last apply failed at network:create-network: no more networks"))
    }

    @Test func aJournalOfAnOlderModplanIsRead() {
        // One digest twice, and nothing that says where a plan began.
        let journal = [
            entry(.intent, "a", plan: "p0"), entry(.done, "a", plan: "p0"), entry(.intent, "b"),
            entry(.failed, "b", message: "no"),
        ]
        let plan = WhyPlan(journal, shared: [], isAtWork: false)
        #expect(plan?.steps.map(\.id) == ["b"] && plan?.outcome == .failed)
        #expect(WhyPlan([], shared: [], isAtWork: false) == nil)
        let old = #"{"file": "f", "instance": 0, "kind": "crash", "at": "t", "counts": true}"#
        let event = try? JSONDecoder().decode(Ledger.Event.self, from: Data(old.utf8))
        #expect(event != nil && event?.signal == nil)
    }
}
