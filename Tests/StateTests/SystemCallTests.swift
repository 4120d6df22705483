import Foundation
import Host
import Testing

@testable import Planning
@testable import State

/// The writer is killed before each of its system calls, and each of them fails for want of space
/// and with an error of the disk: what is read afterwards is old or new, and what was told is true.
@Suite(.serialized) struct SystemCallTests {
    /// What a plan reads of an app.
    private struct Seen: Equatable, Sendable {
        var state: AppState
        var record: AppState?
        var ledger: [String]
        var journal: [String]
        var isUnsettled: Bool

        init(_ store: StateStore) throws {
            state = try store.state(of: "web")
            record = try store.recorded("web")
            ledger = try store.ledger(of: "web").events.map(\.file)
            journal = try store.journal(of: "web").map { "\($0.step) \($0.event)" }
            isUnsettled = try !store.unsettled().isEmpty
        }
    }

    enum Scenario: String, CaseIterable, Sendable {
        /// Into a folder that holds nothing.
        case first
        /// Over what is there.
        case next
        /// Into a journal that is full.
        case rotation
        case forget
        /// Over a file that is no state.
        case rebuild

        var command: String {
            switch self {
            case .first, .next: "write"
            case .rotation: "append"
            case .forget: "forget"
            case .rebuild: "rebuild"
            }
        }

        func prepare(_ folder: String, _ store: StateStore) throws {
            guard self != .first else { return }
            try store.update("web") {
                $0.applied = "old"
                $0.releases = [release(1)]
            }
            try store.count([event("1.json")], of: "web")
            try store.append(entry("old"), to: "web")
            switch self {
            case .rotation:
                let line = try bytes("\(folder)/state/journal/web.jsonl")
                let lines = Array(repeating: line, count: StateStore.journalLimit / line.count + 1)
                try Data(lines.joined()).write(
                    to: URL(filePath: "\(folder)/state/journal/web.jsonl"))
            case .forget: try store.markUnsettled("web", instance: 0)
            case .rebuild: try write("{", to: "state/apps/web.json", in: folder)
            case .first, .next: break
            }
        }
    }

    @Test(arguments: Scenario.allCases)
    func whateverCallItDiesOrFailsAt(scenario: Scenario) async throws {
        try await withFolder { folder in
            let (store, home) = try Self.prepared(scenario, in: folder)
            let old = try Self.before(scenario, store, in: home)
            let whole = try await Tracer(scratch: folder).run(home, scenario.command)
            try #require(whole.status == 0, "\(whole.output)")
            let new = try Seen(store)
            #expect(old != new)
            let durability = Durability(whole.calls)
            #expect(durability.early == [])
            #expect(durability.folders == [])
            #expect(durability.files.filter { !$0.hasSuffix(".lock") } == [])

            let calls = whole.calls.filter(\.isOnFiles)
            let runs = calls.flatMap { call in Tracer.Fault.allCases.map { ($0, call) } }
            // Most of a run is waiting for the disk.
            let workers = 4
            try await withThrowingTaskGroup { group in
                for worker in 0..<workers {
                    group.addTask {
                        let place = "\(folder)/\(worker)"
                        try FileManager.default.createDirectory(
                            atPath: place, withIntermediateDirectories: true)
                        for index in stride(from: worker, to: runs.count, by: workers) {
                            try await Self.run(runs[index], scenario, place, old: old, new: new)
                        }
                    }
                }
                try await group.waitForAll()
            }
            print(
                "measured: state writer, \(scenario): \(calls.count) calls × \(Tracer.Fault.allCases.count) faults"
            )
        }
    }

    private static func run(
        _ fault: (Tracer.Fault, Tracer.Call), _ scenario: Scenario, _ folder: String, old: Seen,
        new: Seen
    ) async throws {
        let (store, home) = try prepared(scenario, in: folder)
        let result = try await Tracer(scratch: folder).run(home, scenario.command, fault: fault)
        let place = "\(scenario), \(fault.0) at \(fault.1.text): \(result.output)"
        try #require(result.wasInjected, "\(place)")
        check(scenario, store, result.status, fault, old: old, new: new, place)
        try goOn(scenario, store, in: home, new: new, place)
    }

    private static func before(
        _ scenario: Scenario, _ store: StateStore, in home: String
    ) throws -> Seen {
        guard scenario == .rebuild else { return try Seen(store) }
        // The record speaks once the broken file is out of the way.
        let file = "\(home)/state/apps/web.json"
        let broken = try bytes(file)
        try FileManager.default.removeItem(atPath: file)
        defer { try? Data(broken).write(to: URL(filePath: file)) }
        return try Seen(store)
    }

    private static func prepared(
        _ scenario: Scenario, in folder: String
    ) throws -> (StateStore, String) {
        let home = "\(folder)/home"
        try? FileManager.default.removeItem(atPath: home)
        try FileManager.default.createDirectory(
            atPath: home, withIntermediateDirectories: true)
        let store = StateStore(
            files: HostStateFiles("\(home)/state"), records: HostStateFiles("\(home)/records"),
            installation: "test"
        ) { "epoch" }
        try scenario.prepare(home, store)
        return (store, home)
    }

    /// Calls that lose something if their failure is passed over.
    private static let mustBeTold: Set = [
        "write", "fsync", "fdatasync", "rename", "renameat", "ftruncate", "flock", "mkdir",
        "unlink",
    ]

    private static func check(
        _ scenario: Scenario, _ store: StateStore, _ status: Int32,
        _ fault: (kind: Tracer.Fault, call: Tracer.Call), old: Seen, new: Seen, _ place: String
    ) {
        let seen = Result { try Seen(store) }
        switch seen {
        case .failure(let error):
            // A file that was no state before is none until it was put aside.
            #expect(scenario == .rebuild && error is StateError, "\(place): \(error)")
            #expect(status != 0, "\(place)")
        case .success(let seen):
            if status == 0 { #expect(seen == new, "told as done: \(place)") }
            #expect(seen.state.isOneOf(old.state, new.state), "\(place): \(seen)")
            #expect([old.record, new.record].contains(seen.record), "\(place): \(seen)")
            #expect([old.ledger, new.ledger].contains(seen.ledger), "\(place): \(seen)")
            #expect(seen.journal.starts(with: old.journal), "\(place): \(seen)")
            #expect(new.journal.starts(with: seen.journal), "\(place): \(seen)")
        }
        if fault.kind != .kill, mustBeTold.contains(fault.call.name) {
            let isUnlock = fault.call.text.contains("LOCK_UN")
            #expect(status != 0 || isUnlock, "passed over: \(place)")
        }
    }

    /// The next one works, and leaves nothing behind.
    private static func goOn(
        _ scenario: Scenario, _ store: StateStore, in home: String, new: Seen, _ place: String
    ) throws {
        switch scenario {
        case .forget:
            try store.forget("web")
            #expect(try Seen(store) == new, "\(place)")
        case .rebuild:
            _ = try store.rebuild(AppState(app: "web", applied: "new"))
            #expect(try Seen(store).state.applied == "new", "\(place)")
            let names = try store.files.names(in: "apps")
            #expect(names == ["web.json", "web.json.aside-epoch"], "\(place)")
        case .first, .next, .rotation:
            try store.append(entry("after"), to: "web")
            try store.markUnsettled("web", instance: 0)
            try store.update("web") {
                $0.applied = "after"
                $0.releases.append(release(9))
            }
            try store.count([event("9.json")], of: "web")
            try store.settle("web", instance: 0)
            let seen = try Seen(store)
            #expect(seen.state == seen.record && seen.state.applied == "after", "\(place)")
            #expect(seen.state.releases.last?.number == 9, "\(place)")
            #expect(seen.ledger.last == "9.json" && !seen.isUnsettled, "\(place)")
            #expect(seen.journal.last == "after intent", "\(place)")
        }
        let left = FileManager.default.enumerator(atPath: home)?.compactMap { $0 as? String }
        #expect(left?.filter { $0.hasSuffix(".new") } == [], "\(place)")
    }

    /// What cannot be read is never read as absent.
    @Test func aReaderThatFailsSaysSo() async throws {
        try await withFolder { folder in
            let tracer = Tracer(scratch: folder)
            let (_, home) = try Self.prepared(.next, in: folder)
            let whole = try await tracer.run(home, "read")
            try #require(whole.status == 0 && whole.output.contains("applied"), "\(whole)")
            for call in whole.calls where call.isOnFiles {
                let result = try await tracer.run(home, "read", fault: (.inputOutput, call))
                #expect(result.wasInjected, "\(call.text)")
                if result.status == 0 {
                    let isTold = result.output.contains("\n1 unreadable")
                    #expect(isTold || result.output == whole.output, "\(call.text)")
                }
            }
            print("measured: state reader: \(whole.calls.count) calls, each failed once")
        }
    }
}

extension AppState {
    /// The same content; the series of serials may be another.
    fileprivate func isOneOf(_ others: AppState...) -> Bool {
        others.contains { other in
            var same = other
            same.serial = serial
            same.epoch = epoch
            return same == self && [0, other.serial].contains(serial)
        }
    }
}

private func event(_ file: String) -> Ledger.Event {
    Ledger.Event(file: file, instance: 0, kind: "crash", at: "t", counts: true)
}

private func release(_ number: Int) -> Release {
    Release(
        number: number, commit: "c", subject: "a/b", tree: "t", artifact: "a", buildImage: "i",
        runImage: "r")
}
