import Glibc
import Host
import Testing
import Volumes

/// The contract of a volume backend, on real loop devices and real ext4.
@Suite(.serialized) struct VolumeTests {
    private static let size: Int64 = 64 << 20

    @Test func buildBecomesArtifactBecomesRunVolume() async throws {
        try await withStore { store in
            try await store.create("t.build", limit: Self.size)
            try await store.mount("t.build")
            let root = try Directory(path: store.mountPoint(of: "t.build"))
            try root.makeDirectory("output", owner: Owner(user: 441, group: 444))
            try root.makeDirectory("home")
            try root.directory("output").create("index.html", "hello".utf8, mode: 0o644)
            try await seal(store, from: root)

            let sealed = try await store.list(prefix: "t.")
            #expect(sealed.map(\.name) == ["t.artifact"])
            #expect(sealed.allSatisfy { $0.mountPoint == nil && $0.limit < Self.size })

            try await store.snapshot("t.artifact", as: "t.run", limit: Self.size)
            try await store.mount("t.run")
            let run = try Directory(path: store.mountPoint(of: "t.run"))
            // e2fsck makes lost+found anew.
            #expect(try run.names() == ["app", "lost+found"])
            #expect(try run.directory("app").read("index.html", limit: 100) == Array("hello".utf8))
            let listed = try await store.list(prefix: "t.run")
            #expect(listed.first?.limit == Self.size)
            #expect(listed.first?.mountPoint == store.mountPoint(of: "t.run"))
        }
    }

    @Test func aFileOfASealedVolumeIsReadWithoutMountingIt() async throws {
        try await withStore { store in
            try await store.create("t.build", limit: Self.size)
            try await store.mount("t.build")
            let root = try Directory(path: store.mountPoint(of: "t.build"))
            try root.makeDirectory("output")
            try root.directory("output").create("note", "node 22.20.0\n".utf8, mode: 0o600)
            try root.directory("output").create(
                "long", String(repeating: "x", count: 5000).utf8, mode: 0o600)
            let folder = "\(store.mountPoint(of: "t.build"))/output"
            #expect(symlink("/etc/hostname", "\(folder)/link") == 0)
            #expect(symlink("/etc", "\(folder)/folder") == 0)
            #expect(mkfifo("\(folder)/pipe", 0o600) == 0)
            try await seal(store, from: root)

            func read(_ path: String) async throws -> [UInt8]? {
                try await store.read(path, of: "t.artifact", limit: 1024)
            }
            #expect(try await read("app/note") == Array("node 22.20.0\n".utf8))
            #expect(try await read("app/missing") == nil)
            #expect(try await read("app/pipe") == nil)
            #expect(try await read("app/folder/hostname") == nil)
            let host = try readHostFile("/etc/hostname", limit: 1024)
            #expect(try await read("app/link") != host)
            await #expect(throws: VolumeError.self) { try await read("app/long") }
            let sealed = try await store.list(prefix: "t.")
            #expect(sealed.map(\.mountPoint) == [nil])
        }
    }

    /// Whoever planned to make it had seen an old list; it may be mounted, and in use.
    @Test func whatIsThereIsNeverWrittenOver() async throws {
        try await withStore { store in
            for name in ["t.one", "t.two"] { try await store.create(name, limit: Self.size) }
            try await store.mount("t.one")
            let root = try Directory(path: store.mountPoint(of: "t.one"))
            try root.create("kept", Array("kept".utf8), mode: 0o600)
            await #expect(throws: VolumeError.self) {
                try await store.create("t.one", limit: Self.size)
            }
            try await store.snapshot("t.two", as: "t.one", limit: Self.size)
            #expect(try root.read("kept", limit: 16) == Array("kept".utf8))
        }
    }

    private func seal(_ store: FileVolumes, from root: consuming Directory) async throws {
        _ = consume root
        try await store.seal(
            "t.build", folder: "output", renamed: "app", artifact: "t.artifact")
    }

    @Test func aMountTakesNoSetUserIdAndNoDevice() async throws {
        try await withStore { store in
            try await store.create("t.run", limit: Self.size)
            try await store.mount("t.run")
            let table = String(
                decoding: try readHostFile("/proc/self/mountinfo", limit: 1 << 20), as: UTF8.self)
            let line = try #require(
                table.split(separator: "\n").first {
                    $0.contains(store.mountPoint(of: "t.run"))
                })
            let options = Set(line.split(separator: " ")[5].split(separator: ","))
            #expect(options.isSuperset(of: ["nosuid", "nodev", "noatime"]))
        }
    }

    @Test func theLimitIsNoSpaceLeftInside() async throws {
        try await withStore { store in
            try await store.create("t.run", limit: Self.size)
            try await store.mount("t.run")
            let path = "\(store.mountPoint(of: "t.run"))/fill"
            let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
            defer { close(file) }
            let block = [UInt8](repeating: 7, count: 1 << 20)
            var written = 0
            while true {
                let count = write(file, block, block.count)
                if count < 0 { break }
                written += count
            }
            #expect(errno == ENOSPC)
            #expect(written > Int(Self.size) / 2 && written < Int(Self.size))
        }
    }

    /// As a child has one open between fork and exec.
    @Test func aFolderThatIsOpenForAMomentHoldsNoUnmountUp() async throws {
        try await withStore { store in
            try await store.create("t.run", limit: Self.size)
            try await store.mount("t.run")
            let folder = open(store.mountPoint(of: "t.run"), O_RDONLY | O_CLOEXEC)
            async let closed: Void = {
                try? await Task.sleep(for: .milliseconds(150))
                close(folder)
            }()
            try await store.unmount("t.run")
            await closed
        }
    }

    @Test func aLinkInTheOutputsPlaceIsRefused() async throws {
        try await withStore { store in
            try await store.create("t.build", limit: Self.size)
            try await store.mount("t.build")
            let root = try Directory(path: store.mountPoint(of: "t.build"))
            try root.link("output", to: "/etc")
            await #expect(throws: VolumeError.self) {
                try await store.seal(
                    "t.build", folder: "output", renamed: "app", artifact: "t.artifact")
            }
            #expect(try await store.list(prefix: "t.").map(\.name) == ["t.build"])
        }
    }

    @Test func anOutputThatDoesNotFitNamesBothSizes() async throws {
        try await withStore { store in
            try await store.create("t.artifact", limit: Self.size)
            let error = await #expect(throws: VolumeError.self) {
                try await store.snapshot("t.artifact", as: "t.run", limit: Self.size / 2)
            }
            #expect(error?.message.contains("67108864") == true)
            #expect(error?.message.contains("33554432") == true)
            #expect(try await store.list(prefix: "t.run").isEmpty)
        }
    }

    /// Its name may never be made again.
    @Test func whatADeadProcessWasMakingGoesAndWhatALivingOneMakesStays() async throws {
        try await withStore { store in
            try await store.create("t.first", limit: Self.size)
            let images = try Directory(
                path: store.mountPoint(of: "t.first").replacing("/mounts/t.first", with: "/images"))
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

    @Test func everyCallMayBeRepeated() async throws {
        try await withStore { store in
            try await store.create("t.run", limit: Self.size)
            for _ in 0..<2 { try await store.mount("t.run") }
            await #expect(throws: VolumeError.self) { try await store.remove("t.run") }
            for _ in 0..<2 { try await store.unmount("t.run") }
            for _ in 0..<2 { try await store.remove("t.run") }
            #expect(try await store.list(prefix: "").isEmpty)
        }
    }

    /// A store in a folder of its own; whatever the body leaves is unmounted and removed.
    private func withStore(_ body: (FileVolumes) async throws -> Void) async throws {
        var template = Array("/var/tmp/modplan-volumes-XXXXXX".utf8CString)
        let path = String(cString: try #require(mkdtemp(&template)))
        let store = FileVolumes(directory: path)
        let result: Result<Void, any Error>
        do { result = .success(try await body(store)) } catch { result = .failure(error) }
        for volume in try await store.list(prefix: "") {
            try await store.unmount(volume.name)
            try await store.remove(volume.name)
        }
        try Directory(path: "/var/tmp").removeTree(String(path.dropFirst("/var/tmp/".count)))
        try result.get()
    }
}
