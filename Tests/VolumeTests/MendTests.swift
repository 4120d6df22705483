import Glibc
import Host
import Testing

@testable import Volumes

/// What a host that went down leaves is checked when it is mounted again, and never while it is in
/// use.
@Suite(.serialized) struct MendTests {
    private static let size: Int64 = 64 << 20

    private func device(_ name: String, of store: any VolumeStore) throws -> String {
        if let files = store as? FileVolumes { return files.image(name) }
        return try #require(store as? LVMVolumes).names.device(name)
    }

    private func debugfs(_ request: String, _ device: String) async throws {
        try await Tool.run("debugfs", ["-w", "-R", request, device])
    }

    private func make(_ name: String, on store: any VolumeStore) async throws -> String {
        try await store.create(name, limit: Self.size)
        try await store.mount(name)
        try Directory(path: store.mountPoint(of: name)).create("kept", "kept".utf8, mode: 0o600)
        try await store.unmount(name)
        return try device(name, of: store)
    }

    private func kept(_ name: String, on store: any VolumeStore) throws -> [UInt8] {
        try Directory(path: store.mountPoint(of: name)).read("kept", limit: 16)
    }

    @Test(arguments: Backend.here) func whatHasErrorsIsMendedBeforeItIsMounted(
        on backend: Backend
    ) async throws {
        try await backend.withStore { store in
            let device = try await make("t.run", on: store)
            #expect(try !asksForCheck(device))
            // An error that the kernel noted, and a count that is wrong.
            try await debugfs("set_super_value state 2", device)
            try await debugfs("set_super_value free_blocks_count 7", device)
            #expect(try asksForCheck(device))
            try await store.mount("t.run")
            #expect(try kept("t.run", on: store) == Array("kept".utf8))
            try await store.unmount("t.run")
            #expect(try !asksForCheck(device))
        }
    }

    /// The power went while it was mounted: the journal is replayed.
    @Test(arguments: Backend.here) func aJournalIsReplayed(on backend: Backend) async throws {
        try await backend.withStore { store in
            let device = try await make("t.run", on: store)
            try await store.mount("t.run")
            #expect(try asksForCheck(device), "mounted, so that it would have to be replayed")
            sync()
            // All of it as it is on the disk at this moment, put in place of what is unmounted.
            let copy = "/var/tmp/modplan-mend-\(getpid())"
            try await Tool.run("dd", ["if=\(device)", "of=\(copy)", "bs=1M", "conv=sparse"])
            defer { unlink(copy) }
            try await store.unmount("t.run")
            #expect(try !asksForCheck(device))
            try await Tool.run("dd", ["if=\(copy)", "of=\(device)", "bs=1M", "conv=notrunc"])
            #expect(try asksForCheck(device))
            try await store.mount("t.run")
            #expect(try kept("t.run", on: store) == Array("kept".utf8))
        }
    }

    @Test(arguments: Backend.here) func whatIsBeyondMendingIsNamed(
        on backend: Backend
    ) async throws {
        try await backend.withStore { store in
            let device = try await make("t.run", on: store)
            try await debugfs("set_super_value state 2", device)
            try await debugfs("clri <2>", device)
            let error = await #expect(throws: VolumeError.self) { try await store.mount("t.run") }
            let text = "\(try #require(error))"
            #expect(text.contains("volume t.run: cannot mount: its file system is damaged"))
            #expect(text.contains("exit status 4"), "\(text)")
            #expect(text.contains("e2fsck -f \(device)"), "\(text)")
            #expect(try await store.list(prefix: "t.").first?.mountPoint == nil)
        }
    }

    /// As when a hand unmounts it below a container: another mount of it lives on.
    @Test(arguments: Backend.here) func whatLivesOnElsewhereIsNotChecked(
        on backend: Backend
    ) async throws {
        try await backend.withStore { store in
            let device = try await make("t.run", on: store)
            try await store.mount("t.run")
            let file = open("\(store.mountPoint(of: "t.run"))/open", O_WRONLY | O_CREAT, 0o600)
            #expect(file >= 0)
            let before = try await header("Last write time", device)
            try await Tool.run("umount", ["--lazy", store.mountPoint(of: "t.run")])
            try await Task.sleep(for: .seconds(1.1))
            try await store.mount("t.run")
            // e2fsck would have written it.
            #expect(try await header("Last write time", device) == before)
            #expect(write(file, "text", 4) == 4)
            close(file)
            let path = store.mountPoint(of: "t.run")
            #expect(try Directory(path: path).read("open", limit: 16) == Array("text".utf8))
            try await store.unmount("t.run")
            try await Tool.run("e2fsck", ["-f", "-n", device])
        }
    }

    private func header(_ field: String, _ device: String) async throws -> String? {
        try await Tool.run("dumpe2fs", ["-h", device]).split(separator: "\n").first {
            $0.hasPrefix(field)
        }.map(String.init)
    }

    @Test func whatIsNoFileSystemAsksForNothing() {
        #expect(!asksForCheck(superblock: []))
        #expect(!asksForCheck(superblock: [UInt8](repeating: 0xFF, count: 1024)))
    }
}
