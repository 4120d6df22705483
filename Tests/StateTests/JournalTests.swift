import Foundation
import Testing

@testable import State

@Suite struct JournalTests {
    @Test func whatIsAppendedIsReadInOrder() throws {
        try withFolder { folder in
            let store = StateStore(directory: folder, installation: "test")
            let entries = [entry("a"), entry("a", .done), entry("b"), entry("b", .failed)]
            for entry in entries { try store.append(entry, to: "web") }
            #expect(try store.journal(of: "web") == entries)
            #expect(try store.journal(of: "shop").isEmpty)
        }
    }

    /// A crash may cut the last line anywhere.
    @Test func aTornTailIsPassedOverAndWhatFollowsItIsRead() throws {
        try withFolder { folder in
            let store = StateStore(directory: folder, installation: "test")
            for name in ["a", "b"] { try store.append(entry(name), to: "web") }
            let file = URL(filePath: "\(folder)/journal/web.jsonl")
            let whole = try Data(contentsOf: file)
            let second = try #require(whole.firstIndex(of: 0x0A)) + 1
            for end in second..<whole.count - 1 {
                try whole[..<end].write(to: file)
                #expect(try store.journal(of: "web") == [entry("a")], "cut at \(end)")
                try store.append(entry("c"), to: "web")
                #expect(try store.journal(of: "web") == [entry("a"), entry("c")], "cut at \(end)")
            }
        }
    }

    @Test func aFlippedBitTakesItsOwnLineAlone() throws {
        try withFolder { folder in
            let store = StateStore(directory: folder, installation: "test")
            for name in ["a", "b", "c"] { try store.append(entry(name), to: "web") }
            let file = URL(filePath: "\(folder)/journal/web.jsonl")
            let whole = try Data(contentsOf: file)
            let lines = whole.split(separator: 0x0A)
            for offset in lines[1].indices {
                var broken = whole
                broken[offset] ^= 0x01
                try broken.write(to: file)
                #expect(try store.journal(of: "web") == [entry("a"), entry("c")], "byte \(offset)")
            }
        }
    }

    @Test func aLongJournalIsPutAsideOnce() throws {
        try withFolder { folder in
            let store = StateStore(directory: folder, installation: "test")
            let long = String(repeating: "x", count: 64 << 10)
            for _ in 0..<50 {
                var entry = entry("a")
                entry.message = long
                try store.append(entry, to: "web")
            }
            let names = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/journal")
            #expect(names.sorted() == ["web.jsonl", "web.jsonl.1"])
            let kept = try store.journal(of: "web").count
            #expect(kept > 16 && kept < 50)
        }
    }
}
