import Foundation
import Testing

@testable import Planning
@testable import State

@Suite struct StateStoreTests {
    @Test func theSerialRisesOnlyWhenTheContentChanges() throws {
        try withFolder { folder in
            let store = StateStore(directory: folder, installation: "test")
            #expect(try store.states().apps.isEmpty)
            try store.update("web") { _ in }
            #expect(try store.states().apps.isEmpty)
            try store.update("web") { $0.applied = "blob-1" }
            #expect(
                try store.state(of: "web")
                    == AppState(
                        app: "web", serial: 1, epoch: "epoch", applied: "blob-1"))
            let before = try bytes("\(folder)/apps/web.json")
            try store.update("web") { $0.applied = "blob-1" }
            #expect(try bytes("\(folder)/apps/web.json") == before)
            try store.update("web") { $0.releases = [release(1)] }
            #expect(try store.states().apps.mapValues(\.serial) == ["web": 2])
        }
    }

    @Test func filesArePrivatePrettyAndLeaveNothingBeside() throws {
        try withFolder { folder in
            let store = StateStore(directory: folder, installation: "test")
            try store.update("web") { $0.releases = [release(1)] }
            let path = "\(folder)/apps/web.json"
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions]
            #expect((mode as? NSNumber)?.intValue == 0o600)
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: "\(folder)/apps") == [
                    "web.json"
                ])
            let text = String(decoding: try bytes(path), as: UTF8.self)
            #expect(text.contains("\n  \"formatVersion\" : 1,\n"))
            #expect(text.hasSuffix("}\n"))
        }
    }

    @Test func aVersionFromTheFutureIsRefusedAndNotRewritten() throws {
        try withFolder { folder in
            let store = StateStore(directory: folder, installation: "test")
            let future = #"{"formatVersion":2,"installation":"test","content":{"new":true}}"#
            try write(future, to: "apps/web.json", in: folder)
            let error = #expect(throws: StateError.self) {
                try store.update("web") { $0.applied = "blob-1" }
            }
            #expect(error?.description.contains("\(folder)/apps/web.json") == true)
            #expect(error?.description.contains("format version 2, this modplan knows 1") == true)
            #expect(try store.states().unreadable["web"] == error?.description)
            #expect(try bytes("\(folder)/apps/web.json") == Array(future.utf8))
        }
    }

    @Test(arguments: [
        "", "{", "null", "\u{0}\u{0}\u{0}", #"{"formatVersion":1,"installation":"test"}"#,
        #"{"formatVersion":1,"installation":"test","content":{"app":7}}"#,
    ])
    func aCorruptFileIsNamedAndNotRewritten(content: String) throws {
        try withFolder { folder in
            let store = StateStore(directory: folder, installation: "test")
            try write(content, to: "apps/web.json", in: folder)
            let error = #expect(throws: StateError.self) { try store.state(of: "web") }
            #expect(error?.file == "\(folder)/apps/web.json")
            #expect(error?.message.contains("modplan state rebuild") == true)
            #expect(throws: StateError.self) { try store.update("web") { $0.applied = "b" } }
            #expect(try bytes("\(folder)/apps/web.json") == Array(content.utf8))
        }
    }

    @Test func aRecordThatCannotBeReadIsNotWrittenOver() throws {
        try withFolder { folder in
            let store = StateStore(directory: folder, installation: "test")
            try store.update("web") { $0.applied = "a" }
            try write("{", to: "records/apps/web.json", in: folder)
            try store.update("web") { $0.applied = "b" }
            #expect(try store.recorded("web")?.applied == "b")
            #expect(
                try bytes("\(folder)/records/apps/web.json.aside-epoch") == Array("{".utf8))

            let future = #"{"formatVersion":2,"installation":"test","content":{"new":true}}"#
            try write(future, to: "records/apps/web.json", in: folder)
            let error = #expect(throws: StateError.self) {
                try store.update("web") { $0.applied = "c" }
            }
            #expect(error?.file == "\(folder)/records/apps/web.json")
            #expect(try bytes("\(folder)/records/apps/web.json") == Array(future.utf8))
            #expect(try store.state(of: "web").applied == "b")
        }
    }

    /// An update that wrote the record and then failed leaves it ahead of the state.
    @Test func aRecordThatRanAheadIsCalledBack() throws {
        try withFolder { folder in
            let store = StateStore(directory: folder, installation: "test")
            try store.update("web") { $0.applied = "a" }
            let before = String(decoding: try bytes("\(folder)/apps/web.json"), as: UTF8.self)
            try store.update("web") { $0.applied = "b" }
            try write(before, to: "apps/web.json", in: folder)

            try store.update("web") { $0.applied = "a" }
            #expect(try store.recorded("web")?.applied == "a")
            #expect(try store.state(of: "web").applied == "a")
            let serial = try store.state(of: "web").serial
            try store.update("web") { $0.applied = "a" }
            #expect(try store.state(of: "web").serial == serial)
        }
    }

    @Test func anotherInstallationsStateIsRefused() throws {
        try withFolder { folder in
            try StateStore(directory: folder, installation: "one").update("web") {
                $0.applied = "b"
            }
            let other = StateStore(directory: folder, installation: "two")
            let why = try other.states().unreadable["web"]
            #expect(why?.contains("installation 'one', not 'two'") == true)
        }
    }

    @Test func whatIsForgottenIsGoneButItsJournal() throws {
        try withFolder { folder in
            let store = StateStore(directory: folder, installation: "test")
            try store.update("web") { $0.applied = "b" }
            try store.count([event("1.json")], of: "web")
            try store.append(entry("s"), to: "web")
            for _ in 0..<2 { try store.forget("web") }
            #expect(try store.states().apps.isEmpty)
            #expect(try store.states().ledgers.isEmpty)
            #expect(try store.journal(of: "web").count == 1)
        }
    }

    @Test func anEventIsCountedOnce() throws {
        try withFolder { folder in
            let store = StateStore(directory: folder, installation: "test")
            try store.count([event("1.json"), event("2.json")], of: "web")
            try store.count([event("2.json"), event("2.json", instance: 1)], of: "web")
            let events = try store.ledger(of: "web").events
            #expect(events.map(\.file) == ["1.json", "2.json", "2.json"])
            #expect(events.map(\.instance) == [0, 0, 1])
            #expect(try store.states().apps.isEmpty, "counting raises no serial")
        }
    }

    @Test func aLedgerThatCannotBeReadKeepsNobodyFromTheOthers() throws {
        try withFolder { folder in
            let store = StateStore(directory: folder, installation: "test")
            try store.count([event("1.json")], of: "shop")
            try write("{", to: "ledger/web.json", in: folder)
            let states = try store.states()
            #expect(states.ledgers["shop"]?.events.count == 1)
            #expect(states.unreadable["web"]?.contains("\(folder)/ledger/web.json") == true)
            #expect(throws: StateError.self) { try store.count([event("2.json")], of: "web") }
            #expect(try bytes("\(folder)/ledger/web.json") == Array("{".utf8))
        }
    }

    @Test func aFileThatIsNoStateKeepsNobodyFromTheOthers() throws {
        try withFolder { folder in
            let store = StateStore(directory: folder, installation: "test")
            try store.update("shop") { $0.applied = "b" }
            try FileManager.default.createDirectory(
                atPath: "\(folder)/apps/web.json", withIntermediateDirectories: true)
            let states = try store.states()
            #expect(states.apps["shop"]?.applied == "b")
            #expect(states.unreadable["web"]?.contains("\(folder)/apps/web.json") == true)
        }
    }

    @Test func theLedgerKeepsTheNewestEvents() throws {
        try withFolder { folder in
            let store = StateStore(directory: folder, installation: "test")
            try store.count((0..<Ledger.limit + 3).map { event("\($0).json") }, of: "web")
            let events = try store.ledger(of: "web").events
            #expect(events.count == Ledger.limit)
            #expect(events.first?.file == "3.json")
        }
    }

    private func event(_ file: String, instance: Int = 0) -> Ledger.Event {
        Ledger.Event(file: file, instance: instance, kind: "crash", at: "t", counts: true)
    }

    private func release(_ number: Int) -> Release {
        Release(
            number: number, commit: "c", subject: "a/b", tree: "t", artifact: "a", buildImage: "i",
            runImage: "r")
    }
}
