import Foundation
import Glibc
import Host
import Testing

@testable import Commands

/// A log is followed through whatever supervisord, or a hostile app, does to its files.
@Suite struct LogTailTests {
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
        try scratch.write("", to: "log/other")
    }

    private func root() throws -> Directory { try Directory(path: scratch.path) }

    /// As supervisord does it.
    private func rotate() throws {
        if FileManager.default.fileExists(atPath: "\(scratch.path)/log/app.log.1") {
            try scratch.move("log/app.log.1", to: "log/app.log.2")
        }
        try scratch.move("log/app.log", to: "log/app.log.1")
        try scratch.write("", to: "log/app.log")
    }

    @Test func theLastLinesComeFromRotatedFilesToo() throws {
        try scratch.write("1\n2\n3", to: "log/app.log.2")
        try scratch.write("3\n4\n", to: "log/app.log.1")
        try scratch.write("5\n6\nres", to: "log/app.log")
        for (count, wanted) in [(0, []), (2, ["5", "6"]), (4, ["33", "4", "5", "6"])] {
            var tail = LogTail()
            #expect(try tail.last(count, in: root()) == wanted)
            #expect(tail.rest == "res")
        }
        var tail = LogTail()
        #expect(try tail.last(1000, in: root()) == ["1", "2", "33", "4", "5", "6"])
        try scratch.append("t\n7\n", to: "log/app.log")
        #expect(try tail.next(in: root()) == ["rest", "7"])
        #expect(try tail.next(in: root()) == [])
    }

    @Test func nothingIsLostOrDoubledWhenItRotates() throws {
        try scratch.write("1\n", to: "log/app.log")
        var tail = LogTail()
        #expect(try tail.last(10, in: root()) == ["1"])
        try scratch.append("2\nhal", to: "log/app.log")
        try rotate()
        try scratch.append("f\n3\n", to: "log/app.log")
        #expect(try tail.next(in: root()) == ["2", "half", "3"])
        // Twice between two looks: what was read last is app.log.2 by now.
        try scratch.append("4\n", to: "log/app.log")
        try rotate()
        try scratch.append("5\n", to: "log/app.log")
        try rotate()
        try scratch.append("6\n", to: "log/app.log")
        #expect(try tail.next(in: root()) == ["4", "5", "6"])
        // Right in between: renamed, and not made anew yet.
        try scratch.append("7\n", to: "log/app.log")
        try scratch.move("log/app.log", to: "log/app.log.1")
        #expect(try tail.next(in: root()) == ["7"])
        try scratch.write("8\n", to: "log/app.log")
        #expect(try tail.next(in: root()) == ["8"])
    }

    @Test func everyLineOfManyRotationsComesOnce() throws {
        try scratch.write("", to: "log/app.log")
        var tail = LogTail()
        var seen = try tail.last(0, in: root())
        for number in 0..<500 {
            try scratch.append("\(number)\n", to: "log/app.log")
            if number % 7 == 3 { try rotate() }
            if number % 5 == 0 { seen += try tail.next(in: root()) }
        }
        seen += try tail.next(in: root())
        #expect(seen == (0..<500).map(String.init))
    }

    @Test func aLogThatTheAppCutsIsReadFromItsBeginning() throws {
        try scratch.write("1\n2\n3\n", to: "log/app.log")
        var tail = LogTail()
        _ = try tail.last(10, in: root())
        #expect(truncate("\(scratch.path)/log/app.log", 0) == 0)
        try scratch.append("4\n", to: "log/app.log")
        #expect(try tail.next(in: root()) == ["4"])
    }

    @Test func aNewReleaseIsReadFromItsBeginning() throws {
        var tail = LogTail()
        #expect(try tail.next(in: root()) == [])
        try scratch.write("1\n", to: "log/app.log")
        #expect(try tail.next(in: root()) == ["1"])
    }

    @Test func noControlCharacterComesOutAndNoEndlessLine() throws {
        try scratch.write(
            "\u{1b}[2Jcleared\r\n\(String(repeating: "x", count: 5000))\n", to: "log/app.log")
        var tail = LogTail()
        let lines = try tail.last(10, in: root())
        #expect(lines.first == "\\u{1b}[2Jcleared")
        #expect(lines.last?.count == 2000)
    }

    @Test func whatIsNoPlainFileIsRefused() throws {
        let log = "\(scratch.path)/log/app.log"
        try FileManager.default.createSymbolicLink(
            atPath: log, withDestinationPath: "/etc/hostname")
        var tail = LogTail()
        #expect(throws: SystemError.self) { try tail.last(10, in: root()) }
        try FileManager.default.removeItem(atPath: log)
        #expect(mkfifo(log, 0o600) == 0)
        #expect(throws: SystemError.self) { try tail.last(10, in: root()) }
        try FileManager.default.removeItem(atPath: log)
        try FileManager.default.linkItem(atPath: "\(scratch.path)/log/other", toPath: log)
        #expect(throws: SystemError.self) { try tail.last(10, in: root()) }
    }

    @Test func aHugeFileIsReadFromItsEnd() throws {
        try scratch.write("", to: "log/app.log")
        #expect(truncate("\(scratch.path)/log/app.log", 1 << 40) == 0)
        try scratch.append("\nlast\n", to: "log/app.log")
        var tail = LogTail()
        #expect(try tail.last(1, in: root()) == ["last"])
    }

    @Test func followingStartsWithTheServingAndGoesOnWithAll() throws {
        let next = try Scratch()
        try scratch.write("1\n2\n3\n", to: "log/app.log")
        try next.write("a\n", to: "log/app.log")
        let old = LogSource(instance: 0, release: 1, mountPoint: scratch.path)
        let new = LogSource(instance: 0, release: 2, mountPoint: next.path)
        var follower = LogFollower()
        #expect(try follower.start([old], others: [], lines: 2).map(\.text) == ["2", "3"])
        try scratch.append("4\n", to: "log/app.log")
        #expect(follower.next([old, new]).map(\.text) == ["4", "a"])
        // The old one's volume is gone: nothing fails, and the new one goes on.
        try next.append("b\n", to: "log/app.log")
        #expect(follower.next([new]).map(\.text) == ["b"])
    }
}
