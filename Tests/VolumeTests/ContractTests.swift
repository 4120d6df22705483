import Glibc
import Host
import Testing
import Volumes

/// The contract of a volume backend, on real devices and real ext4: that of LVM in a guest kernel.
@Suite(.serialized) struct ContractTests {
    private static let size: Int64 = 64 << 20

    @Test(arguments: Backend.here) func buildBecomesArtifactBecomesRunVolume(on backend: Backend)
        async throws
    {
        try await backend.withStore { store in
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

    @Test(arguments: Backend.here) func aFileOfASealedVolumeIsReadWithoutMountingIt(
        on backend: Backend
    ) async throws {
        try await backend.withStore { store in
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
    @Test(arguments: Backend.here) func whatIsThereIsNeverWrittenOver(on backend: Backend)
        async throws
    {
        try await backend.withStore { store in
            for name in ["t.one", "t.two"] { try await store.create(name, limit: Self.size) }
            try await store.mount("t.one")
            let root = try Directory(path: store.mountPoint(of: "t.one"))
            try root.create("kept", Array("kept".utf8), mode: 0o600)
            await #expect(throws: VolumeError.self) {
                try await store.create("t.one", limit: Self.size)
            }
            await #expect(throws: VolumeError.self) {
                try await store.snapshot("t.two", as: "t.one", limit: Self.size)
            }
            #expect(try root.read("kept", limit: 16) == Array("kept".utf8))
        }
    }

    private func seal(_ store: any VolumeStore, from root: consuming Directory) async throws {
        _ = consume root
        try await store.seal(
            "t.build", folder: "output", renamed: "app", artifact: "t.artifact")
    }

    @Test(arguments: Backend.here) func aMountTakesNoSetUserIdAndNoDevice(on backend: Backend)
        async throws
    {
        try await backend.withStore { store in
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

    @Test(arguments: Backend.here) func theLimitIsNoSpaceLeftInside(on backend: Backend)
        async throws
    {
        try await backend.withStore { store in
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
    @Test(arguments: Backend.here) func aFolderThatIsOpenForAMomentHoldsNoUnmountUp(
        on backend: Backend
    ) async throws {
        try await backend.withStore { store in
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

    @Test(arguments: Backend.here) func aLinkInTheOutputsPlaceIsRefused(on backend: Backend)
        async throws
    {
        try await backend.withStore { store in
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

    @Test(arguments: Backend.here) func anOutputThatDoesNotFitNamesBothSizes(on backend: Backend)
        async throws
    {
        try await backend.withStore { store in
            try await store.create("t.artifact", limit: Self.size)
            // The origin has to be a clean one, which a new volume is.
            let error = await #expect(throws: VolumeError.self) {
                try await store.snapshot("t.artifact", as: "t.run", limit: Self.size / 2)
            }
            #expect(error?.message.contains("67108864") == true)
            #expect(error?.message.contains("33554432") == true)
            #expect(try await store.list(prefix: "t.run").isEmpty)
        }
    }

    @Test(arguments: Backend.here) func everyCallMayBeRepeated(on backend: Backend) async throws {
        try await backend.withStore { store in
            try await store.create("t.run", limit: Self.size)
            for _ in 0..<2 { try await store.mount("t.run") }
            await #expect(throws: VolumeError.self) { try await store.remove("t.run") }
            for _ in 0..<2 { try await store.unmount("t.run") }
            for _ in 0..<2 { try await store.remove("t.run") }
            #expect(try await store.list(prefix: "").isEmpty)
        }
    }

    @Test(arguments: Backend.here) func whatIsFreedIsGivenBack(on backend: Backend) async throws {
        try await backend.withStore { store in
            try await store.create("t.run", limit: Self.size)
            try await store.trim("t.run")
            try await store.mount("t.run")
            let root = try Directory(path: store.mountPoint(of: "t.run"))
            try root.create("fill", [UInt8](repeating: 7, count: 24 << 20), mode: 0o600)
            try root.sync()
            sync()
            let full = try #require(try await store.list(prefix: "t.").first).used
            try root.removeFile("fill")
            try root.sync()
            try await store.trim("t.run")
            sync()
            let empty = try #require(try await store.list(prefix: "t.").first).used
            #expect(full - empty > 20 << 20, "\(full) → \(empty)")
        }
    }

    // MARK: Growing

    @Test(arguments: Backend.here) func itGrowsUnmountedAndKeepsItsContent(
        on backend: Backend
    ) async throws {
        try await backend.withStore { store in
            try await store.create("t.run", limit: Self.size)
            try await store.mount("t.run")
            try put("kept", on: store)
            try await store.unmount("t.run")
            for _ in 0..<2 { try await store.grow("t.run", limit: 2 * Self.size) }
            #expect(try await store.list(prefix: "").map(\.limit) == [2 * Self.size])
            try await store.mount("t.run")
            let root = try Directory(path: store.mountPoint(of: "t.run"))
            #expect(try root.read("kept", limit: 16) == Array("kept".utf8))
            #expect(try spaceOf(root.path).total > Self.size)
        }
    }

    @Test(arguments: Backend.here) func itGrowsWhileMounted(on backend: Backend) async throws {
        try await backend.withStore { store in
            try await store.create("t.run", limit: Self.size)
            try await store.mount("t.run")
            try put("kept", on: store)
            do throws(VolumeError) {
                try await store.grow("t.run", limit: 2 * Self.size)
            } catch {
                #expect(!Backend.isGuest, "\(error)")
                // A sandbox without CAP_SYS_RESOURCE: said clearly, and what is listed stays true.
                #expect(error.message.contains("CAP_SYS_RESOURCE"), "\(error)")
                #expect(try await store.list(prefix: "").map(\.limit) == [Self.size])
                try await store.unmount("t.run")
                try await store.grow("t.run", limit: 2 * Self.size)
                try await store.mount("t.run")
            }
            #expect(try await store.list(prefix: "").map(\.limit) == [2 * Self.size])
            let root = try Directory(path: store.mountPoint(of: "t.run"))
            #expect(try spaceOf(root.path).total > Self.size)
            #expect(try root.read("kept", limit: 16) == Array("kept".utf8))
        }
    }

    @Test(arguments: Backend.here) func itIsNeverMadeSmaller(on backend: Backend) async throws {
        try await backend.withStore { store in
            try await store.create("t.run", limit: Self.size)
            let error = await #expect(throws: VolumeError.self) {
                try await store.grow("t.run", limit: Self.size / 2)
            }
            #expect(error?.message.contains("never made smaller") == true)
            await #expect(throws: VolumeError.self) {
                try await store.grow("t.none", limit: Self.size)
            }
        }
    }

    /// As small as a definition may ask for.
    @Test(arguments: Backend.here) func theSmallestVolumeIsMade(on backend: Backend) async throws {
        try await backend.withStore { store in
            try await store.create("t.run", limit: 16 << 20)
            try await store.mount("t.run")
            try put("kept", on: store)
        }
    }

    // MARK: Renaming

    @Test(arguments: Backend.here) func aRenamedVolumeKeepsAllButItsName(
        on backend: Backend
    ) async throws {
        try await backend.withStore { store in
            try await store.create("t.run", limit: Self.size)
            try await store.mount("t.run")
            try put("kept", on: store)
            await #expect(throws: VolumeError.self) { try await store.rename("t.run", to: "t.new") }
            try await store.unmount("t.run")
            for _ in 0..<2 { try await store.rename("t.run", to: "t.new") }
            let listed = try await store.list(prefix: "")
            #expect(listed.map(\.name) == ["t.new"] && listed.map(\.limit) == [Self.size])
            try await store.create("t.run", limit: Self.size)
            await #expect(throws: VolumeError.self) { try await store.rename("t.run", to: "t.new") }
            await #expect(throws: VolumeError.self) { try await store.rename("t.none", to: "t.x") }
            try await store.mount("t.new")
            let root = try Directory(path: store.mountPoint(of: "t.new"))
            #expect(try root.read("kept", limit: 16) == Array("kept".utf8))
            #expect(try hostEntry(store.mountPoint(of: "t.none")) == nil)
        }
    }

    /// As data is snapshotted with a release and brought back: the origin is one that was written
    /// to, and both can be snapshot, grown and renamed afterwards.
    @Test(arguments: Backend.here) func whatWasWrittenToIsSnapshotAndBroughtBack(
        on backend: Backend
    ) async throws {
        try await backend.withStore { store in
            #expect((await store.obstacleToSnapshots() == nil) || backend == .file)
            try await store.create("t.run", limit: Self.size)
            for name in ["first", "second"] {
                try await store.mount("t.run")
                try put(name, on: store)
                try await store.unmount("t.run")
                if name == "first" {
                    try await store.snapshot("t.run", as: "t.first", limit: Self.size)
                }
            }
            try await store.rename("t.run", to: "t.second")
            try await store.snapshot("t.first", as: "t.run", limit: 2 * Self.size)
            #expect(
                try await store.list(prefix: "").map(\.name) == ["t.first", "t.run", "t.second"])
            for (volume, files) in [
                ("t.run", ["first"]), ("t.second", ["first", "second"]), ("t.first", ["first"]),
            ] {
                try await store.mount(volume)
                let names = try Directory(path: store.mountPoint(of: volume)).names()
                #expect(names.filter { $0 != "lost+found" } == files, "\(volume)")
                try await store.unmount(volume)
            }
            try await store.remove("t.first")
            #expect(try await store.list(prefix: "").count == 2)
        }
    }

    /// LVM's sizes are whole extents, the definition's are not.
    @Test(arguments: Backend.here) func theLimitIsListedAsItWasAsked(
        on backend: Backend
    ) async throws {
        try await backend.withStore { store in
            let odd = Self.size + (1 << 20)
            try await store.create("t.odd", limit: odd)
            try await store.mount("t.odd")
            #expect(try spaceOf(store.mountPoint(of: "t.odd")).total < odd)
            try await store.unmount("t.odd")
            // Mounted since it was made: resize2fs wants it checked, if that was a second ago.
            try await Task.sleep(for: .seconds(1.1))
            try await store.mount("t.odd")
            try await store.unmount("t.odd")
            try await store.snapshot("t.odd", as: "t.copy", limit: 2 * odd)
            #expect(try await store.list(prefix: "t.").map(\.limit) == [2 * odd, odd])
        }
    }

    @Test(arguments: Backend.here) func theCapacityTellsWhatIsPromised(
        on backend: Backend
    ) async throws {
        try await backend.withStore { store in
            let before = try await store.capacity()
            try await store.create("t.run", limit: Self.size)
            let after = try await store.capacity()
            #expect(after.virtualBytes == before.virtualBytes + Self.size)
            #expect(after.totalBytes > 0 && after.usedBytes <= after.totalBytes)
            #expect((after.metadataUsedPercent != nil) == (backend == .lvm))
            #expect(after.problem == nil)
        }
    }

    /// As long as the rules for installations, apps and keys let it get.
    @Test(arguments: Backend.here) func theLongestNameIsListedWhole(
        on backend: Backend
    ) async throws {
        func long(_ letter: Character, _ count: Int) -> String {
            String(repeating: letter, count: count)
        }
        let name = "\(long("i", 40)).build.\(long("a", 40)).\(long("0", 64))"
        try await backend.withStore { store in
            try await store.create(name, limit: Self.size)
            try await store.mount(name)
            #expect(try await store.list(prefix: "").map(\.name) == [name])
            try await store.unmount(name)
            try await store.remove(name)
            #expect(try await store.list(prefix: "").isEmpty)
        }
    }

    private func put(_ text: String, on store: any VolumeStore) throws {
        try Directory(path: store.mountPoint(of: "t.run")).create(text, text.utf8, mode: 0o600)
    }
}
