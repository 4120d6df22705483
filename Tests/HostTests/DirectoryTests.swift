import Foundation
import Glibc
import Host
import Testing

/// What lies in an app's volume is hostile: no path in it may lead the host elsewhere or hold it up.
@Suite struct DirectoryTests {
    @Test(arguments: ["link", "folder-link/file", "../outside/file", "/etc/hostname"])
    func nothingIsReadOutside(path: String) throws {
        try withTree { root in
            let error = #expect(throws: SystemError.self) { try root.read(path, limit: 100) }
            #expect([ELOOP, EXDEV].contains(error?.code))
        }
    }

    /// The app could exchange it for another between two looks.
    @Test(arguments: ["inner-link", "inner-folder/kept"])
    func aLinkIsNotFollowedInsideEither(path: String) throws {
        try withTree { root in
            try root.directory("folder").create("kept", "x".utf8, mode: 0o600)
            try root.link("inner-link", to: "file")
            try root.link("inner-folder", to: "folder")
            let error = #expect(throws: SystemError.self) { try root.read(path, limit: 100) }
            #expect(error?.code == ELOOP)
        }
    }

    @Test func nothingIsWrittenThroughALink() throws {
        try withTree { root in
            #expect(throws: SystemError.self) {
                try root.create("folder-link/new", "x".utf8, mode: 0o600)
            }
            #expect(throws: SystemError.self) { try root.create("link", "x".utf8, mode: 0o600) }
            #expect(throws: SystemError.self) { try root.makeDirectory("folder-link") }
            #expect(throws: SystemError.self) {
                _ = try root.directory("folder-link")
            }
            // A link is replaced, not followed.
            try root.replaceDurably("link", "new".utf8)
            #expect(try root.read("link", limit: 100) == Array("new".utf8))
            let outside = try Directory(path: root.path + "/../outside")
            #expect(try outside.names() == ["file"])
            #expect(try outside.read("file", limit: 100) == Array("outside".utf8))
        }
    }

    @Test(.timeLimit(.minutes(1))) func aFIFOHoldsNobodyUp() throws {
        try withTree { root in
            #expect(mkfifo("\(root.path)/fifo", 0o600) == 0)
            let read = #expect(throws: SystemError.self) { try root.read("fifo", limit: 100) }
            #expect(read?.detail?.contains("not a regular file") == true)
            let tail = #expect(throws: SystemError.self) { try root.tail("fifo", count: 10) }
            #expect(tail?.detail?.contains("not a regular file") == true)
        }
    }

    @Test func whatIsNotAPlainSmallFileIsRefused() throws {
        try withTree { root in
            #expect(link("\(root.path)/file", "\(root.path)/second-name") == 0)
            #expect(throws: SystemError.self) { try root.read("second-name", limit: 100) }
            #expect(throws: SystemError.self) { try root.read("folder", limit: 100) }
            try root.create("large", [UInt8](repeating: 1, count: 101), mode: 0o600)
            let error = #expect(throws: SystemError.self) { try root.read("large", limit: 100) }
            #expect(error?.description.contains("larger than 100 bytes") == true)
            #expect(try root.read("large", limit: 101).count == 101)
            #expect(throws: SystemError.self) {
                try root.read("large", limit: 101, owner: getuid() + 1)
            }
            #expect(try root.read("large", limit: 101, owner: getuid()).count == 101)
        }
    }

    @Test func noMountIsCrossed() throws {
        try withTree { root in
            let place = "\(root.path)/mounted"
            try root.makeDirectory("mounted")
            try #require(mount("tmpfs", place, "tmpfs", 0, "size=1m") == 0, "needs root")
            defer { umount2(place, Int32(MNT_DETACH)) }
            try Directory(path: place).create("kept", "x".utf8, mode: 0o600)
            let error = #expect(throws: SystemError.self) {
                try root.read("mounted/kept", limit: 10)
            }
            #expect(error?.code == EXDEV)
            #expect(throws: SystemError.self) { try root.removeTree("mounted") }
            #expect(try Directory(path: place).names() == ["kept"])
        }
    }

    @Test func aTreeIsRemovedAndWhatItsLinksPointToStays() throws {
        try withTree { root in
            try root.makeDirectory("deep")
            let deep = try root.directory("deep")
            try deep.makeDirectory("deeper")
            try deep.directory("deeper").create("file", "x".utf8, mode: 0o600)
            try deep.link("out", to: root.path + "/../outside")
            for _ in 0..<2 { try root.removeTree("deep") }
            #expect(try root.attributes("deep") == nil)
            #expect(try Directory(path: root.path + "/../outside").names() == ["file"])
        }
    }

    @Test func namesAreSortedAndBounded() throws {
        try withTree { root in
            let folder = try root.directory("folder")
            for name in ["c", "a", "b"] { try folder.create(name, "".utf8, mode: 0o600) }
            #expect(try folder.names() == ["a", "b", "c"])
            #expect(try folder.names(limit: 2).count == 2)
        }
    }

    @Test func theTailIsTheEndOfTheFile() throws {
        try withTree { root in
            try root.create("log", "0123456789".utf8, mode: 0o600)
            #expect(try root.tail("log", count: 4) == Array("6789".utf8))
            #expect(try root.tail("log", count: 40) == Array("0123456789".utf8))
        }
    }

    /// A folder with a file, an empty folder, and links that lead out to a sibling of it.
    private func withTree(_ body: (borrowing Directory) throws -> Void) throws {
        try withFolder { folder in
            let manager = FileManager.default
            for name in ["root/folder", "outside"] {
                try manager.createDirectory(
                    atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
            }
            try Data("inside".utf8).write(to: URL(filePath: "\(folder)/root/file"))
            try Data("outside".utf8).write(to: URL(filePath: "\(folder)/outside/file"))
            for (name, target) in [("link", "outside/file"), ("folder-link", "outside")] {
                try manager.createSymbolicLink(
                    atPath: "\(folder)/root/\(name)", withDestinationPath: "\(folder)/\(target)")
            }
            try body(Directory(path: "\(folder)/root"))
        }
    }
}

/// Runs the body on a folder of its own, which is removed afterwards.
func withFolder(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "modplan-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder.path)
}
