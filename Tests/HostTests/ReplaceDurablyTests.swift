import Foundation
import Glibc
import Host
import Testing

@Suite struct ReplaceDurablyTests {
    @Test func aFileIsMadeAndReplacedWhole() throws {
        try withFolder { path in
            let folder = try Directory(path: path)
            try folder.replaceDurably("state.json", "a long first content".utf8)
            try folder.replaceDurably("state.json", "second".utf8)
            #expect(try folder.read("state.json", limit: 100) == Array("second".utf8))
            #expect(try folder.names() == ["state.json"])
            let status = try #require(try folder.attributes("state.json"))
            #expect(status.st_mode & 0o7777 == 0o600)
        }
    }

    /// Whatever the umask is.
    @Test func theModeIsTheOneAskedFor() throws {
        try withFolder { path in
            let folder = try Directory(path: path)
            try folder.replaceDurably("open", "x".utf8, mode: 0o666)
            #expect(try folder.attributes("open").map { $0.st_mode & 0o7777 } == 0o666)
        }
    }

    /// The old file is another file: whoever has it open keeps reading the old content.
    @Test func theOldFileIsNotWrittenInto() throws {
        try withFolder { path in
            let folder = try Directory(path: path)
            try folder.replaceDurably("state.json", "first".utf8)
            let reader = open("\(path)/state.json", O_RDONLY)
            defer { close(reader) }
            try folder.replaceDurably("state.json", "other".utf8)
            var buffer = [UInt8](repeating: 0, count: 10)
            #expect(read(reader, &buffer, 10) == 5)
            #expect(buffer.prefix(5) == Array("first".utf8)[...])
        }
    }

    @Test func whatACrashLeftIsReplacedToo() throws {
        try withFolder { path in
            let folder = try Directory(path: path)
            try folder.create(".state.json.new", "half".utf8, mode: 0o600)
            try folder.replaceDurably("state.json", "whole".utf8)
            #expect(try folder.names() == ["state.json"])
        }
    }

    /// A full disk must leave the old file, and nothing of the new one.
    @Test func aFullDiskLeavesTheOldFile() throws {
        try withFolder { path in
            let small = "\(path)/small"
            try Directory(path: path).makeDirectory("small")
            try #require(mount("tmpfs", small, "tmpfs", 0, "size=64k") == 0, "needs root")
            defer { umount2(small, Int32(MNT_DETACH)) }
            let folder = try Directory(path: small)
            try folder.replaceDurably("state.json", "old".utf8)
            let error = #expect(throws: SystemError.self) {
                try folder.replaceDurably("state.json", [UInt8](repeating: 1, count: 1 << 20))
            }
            #expect(error?.code == ENOSPC)
            #expect(try folder.read("state.json", limit: 100) == Array("old".utf8))
            #expect(try folder.names() == ["state.json"])
        }
    }

    @Test func aFolderInItsPlaceIsAnError() throws {
        try withFolder { path in
            let folder = try Directory(path: path)
            try folder.makeDirectory("state.json")
            #expect(throws: SystemError.self) {
                try folder.replaceDurably("state.json", "x".utf8)
            }
            #expect(try folder.names() == ["state.json"])
        }
    }

    @Test func whatIsAppendedStartsALineOfItsOwn() throws {
        try withFolder { path in
            let file = "\(path)/journal"
            try appendDurably(Array("one\n".utf8), to: file)
            try Data("one\ntorn".utf8).write(to: URL(filePath: file))
            try appendDurably(Array("two\n".utf8), to: file)
            let folder = try Directory(path: path)
            #expect(try folder.read("journal", limit: 100) == Array("one\ntorn\ntwo\n".utf8))
        }
    }
}
