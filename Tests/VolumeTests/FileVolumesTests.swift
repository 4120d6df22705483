import Host
import Testing

@testable import Volumes

/// What holds for images alone.
@Suite struct FileVolumesTests {
    private static let size: Int64 = 64 << 20

    /// Its name may never be made again.
    @Test func whatADeadProcessWasMakingGoesAndWhatALivingOneMakesStays() async throws {
        try await Backend.file.withFolder { folder in
            let store = FileVolumes(directory: folder)
            try await store.create("t.first", limit: Self.size)
            let images = try Directory(path: "\(folder)/images")
            try images.create("t.dead.img.partial", "half".utf8, mode: 0o600)
            let path = "\(images.path)/t.living.img.partial"
            let living = try FileLock.make(path)
            #expect(throws: FileLock.Held.self) { try FileLock.make(path) }
            try await store.create("t.second", limit: Self.size)
            #expect(
                try images.names() == ["t.first.img", "t.living.img.partial", "t.second.img"])
            withExtendedLifetime(living) {}
            try FileLock.removeUnheld(path)
        }
    }

    /// Else a plan would take the volume for grown, whose file system is not.
    @Test func aGrowthThatWasKilledIsDoneAgain() async throws {
        try await Backend.file.withFolder { folder in
            let store = FileVolumes(directory: folder)
            try await store.create("t.run", limit: Self.size)
            let images = try Directory(path: "\(folder)/images")
            try images.create("t.run.img.growing", "\(Self.size)".utf8, mode: 0o600)
            try resizeFile("\(images.path)/t.run.img", size: 2 * Self.size)
            #expect(try await store.list(prefix: "").map(\.limit) == [Self.size])
            try await store.grow("t.run", limit: 2 * Self.size)
            #expect(try await store.list(prefix: "").map(\.limit) == [2 * Self.size])
            let header = try await Ext4.header("\(images.path)/t.run.img").run()
            #expect(fileSystemSize(header) == 2 * Self.size)
            #expect(try images.names() == ["t.run.img"])
        }
    }

    /// A program outlives the modplan that started it.
    @Test func whatStillWorksOnAnImageIsWaitedFor() async throws {
        try await Backend.file.withFolder { folder in
            let store = FileVolumes(directory: folder)
            try await store.create("t.run", limit: Self.size)
            let image = "\(folder)/images/t.run.img"
            async let orphan: Void = {
                let script = "touch \(folder)/begun; sleep 0.5; touch \(folder)/ended"
                try await ToolCall("sh", ["-c", script]).holding(image).run()
            }()
            while try hostEntry("\(folder)/begun") == nil {
                try await Task.sleep(for: .milliseconds(5))
            }
            try await store.remove("t.run")
            #expect(try hostEntry("\(folder)/ended") != nil)
            try await orphan
        }
    }

    /// It was started, and waits for another, when its modplan died.
    @Test func aProgramThatComesTooLateDoesNothing() async throws {
        try await Backend.file.withFolder { folder in
            let file = "\(folder)/held"
            try makeFile(file)
            var holder: FileLock? = try FileLock.take(file, holder: "a test")
            // The shell below plays the modplan that dies: its child waits for the lock by then.
            let call = ToolCall("touch", ["\(folder)/late"]).holding(file)
            let words = call.words(parent: "$$").map { $0 == "$$" ? $0 : "'\($0)'" }
            let script = "sh \(words.joined(separator: " ")) >&- 2>&- & sleep 0.2"
            try await Tool.run("sh", ["-c", script])
            withExtendedLifetime(holder) {}
            holder = nil
            try await Task.sleep(for: .milliseconds(200))
            #expect(try hostEntry("\(folder)/late") == nil)
        }
    }

    /// Where the host's file system shares blocks, a snapshot of data takes none.
    @Test func aSnapshotTakesNoRoomWhereBlocksAreShared() async throws {
        try await Backend.file.withFolder { folder in
            try makeFile("\(folder)/xfs.img")
            try resizeFile("\(folder)/xfs.img", size: 400 << 20)
            try await Tool.run("mkfs.xfs", ["-q", "-m", "reflink=1", "\(folder)/xfs.img"])
            try makeFolders("\(folder)/volumes")
            try await Tool.run(
                "mount", ["-o", "loop", "\(folder)/xfs.img", "\(folder)/volumes"])
            let store = FileVolumes(directory: "\(folder)/volumes")
            #expect(await store.obstacleToSnapshots() == nil)
            try await store.create("t.run", limit: Self.size)
            try await store.mount("t.run")
            let root = try Directory(path: store.mountPoint(of: "t.run"))
            let block = [UInt8](repeating: 7, count: 1 << 20)
            for number in 0..<20 { try root.create("\(number)", block, mode: 0o600) }
            _ = consume root
            try await store.unmount("t.run")
            let before = try spaceOf("\(folder)/volumes").used
            try await store.snapshot("t.run", as: "t.kept", limit: Self.size)
            let taken = try spaceOf("\(folder)/volumes").used - before
            #expect(taken < 4 << 20, "20 MiB are on it, and its snapshot takes \(taken) bytes")
            for name in ["t.run", "t.kept"] { try await store.remove(name) }
            try await Tool.run("umount", ["\(folder)/volumes"])
            try Directory(path: folder).removeTree("volumes")
        }
    }
}
