import Glibc
import Host
import Testing

@testable import Volumes

/// What happens when there is no more room, as docs/volumes.md says.
@Suite(.serialized) struct ExhaustionTests {
    private static let size: Int64 = 64 << 20

    @Test(arguments: Backend.here) func aFullVolumeIsFullForItselfAlone(
        on backend: Backend
    ) async throws {
        try await backend.withStore { store in
            for name in ["t.full", "t.other"] {
                try await store.create(name, limit: Self.size)
                try await store.mount(name)
            }
            let full = write(200, to: "\(store.mountPoint(of: "t.full"))/fill")
            #expect(full.error == ENOSPC)
            let other = write(8, to: "\(store.mountPoint(of: "t.other"))/file")
            #expect(other == Written(mebibytes: 8, error: 0))
        }
    }

    /// Three volumes of 128 MiB in a pool of 96 MiB.
    @Test(.enabled(if: Backend.isGuest)) func aFullPoolIsAnErrorForWhoeverNeedsANewBlock()
        async throws
    {
        try await withSmallPool { store in
            for name in ["t.first", "t.second", "t.idle"] {
                try await store.create(name, limit: 2 * Self.size)
                try await store.mount(name)
            }
            func path(_ name: String) -> String { "\(store.mountPoint(of: name))/file" }
            #expect(write(4, to: path("t.idle")).error == 0)
            #expect(write(60, to: path("t.first")).error == 0)

            let clock = ContinuousClock()
            let start = clock.now
            let second = write(60, to: path("t.second"))
            let late = Int((clock.now - start) / .milliseconds(1))
            // Written to memory, and lost when it should reach the disk.
            #expect(second.error == EIO)
            let capacity = try await store.capacity()
            #expect(capacity.problem == "out_of_data")
            #expect(capacity.usedBytes == capacity.totalBytes)

            // Blocks that a neighbour has already are its own, to read and to write over.
            let again = write(4, to: path("t.idle"), new: false)
            let more = write(4, to: "\(path("t.idle")).more")
            let tables = String(
                decoding: try readHostFile("/proc/self/mounts", limit: 1 << 20), as: UTF8.self)
            let readOnly = ["t.first", "t.second", "t.idle"].filter { name in
                tables.split(separator: "\n").contains {
                    $0.contains("/\(name) ") && $0.contains(" ro,")
                }
            }
            print(
                "measured: full pool: \(second.mebibytes) MiB were written before \(second.error) "
                    + "at fsync, after \(late) ms; a neighbour writes over its own with "
                    + "\(again.error), a new file with \(more.error); read-only now: \(readOnly)")
            #expect(again.error == 0)

            let create = await #expect(throws: VolumeError.self) {
                try await store.create("t.new", limit: 2 * Self.size)
            }
            #expect(create?.message.contains("is full; remove volumes") == true)
            let snapshot = await #expect(throws: VolumeError.self) {
                try await store.snapshot("t.first", as: "t.copy", limit: 2 * Self.size)
            }
            #expect(snapshot?.message.contains("is full; remove volumes") == true)
            #expect(try await store.list(prefix: "t.").count == 3)

            // The way out: room, and what was hit unmounted, checked and mounted again.
            try await store.unmount("t.first")
            try await store.remove("t.first")
            #expect(try await store.capacity().problem == nil)
            for name in ["t.second", "t.idle"] {
                try await store.unmount(name)
                try await Ext4.check(store.names.device(name)).run()
                try await store.mount(name)
                #expect(write(8, to: "\(path(name)).after").error == 0, "\(name)")
            }
        }
    }

    private func withSmallPool(_ body: (LVMVolumes) async throws -> Void) async throws {
        try await Backend.lvm.withFolder { folder in
            try await Tool.run(
                "lvcreate",
                ["-qq", "-T", "-L", "96M", "--errorwhenfull", "y", "\(Backend.group)/small"])
            let store = LVMVolumes(
                group: Backend.group, pool: "small", mounts: "\(folder)/mounts")
            let result: Result<Void, any Error>
            do { result = .success(try await body(store)) } catch { result = .failure(error) }
            for volume in try await store.list(prefix: "") {
                try await store.unmount(volume.name)
                try await store.remove(volume.name)
            }
            try await Tool.run("lvremove", ["-y", "-qq", "\(Backend.group)/small"])
            try result.get()
        }
    }

    private struct Written: Equatable {
        /// What `write` took.
        var mebibytes: Int
        /// Of `write` or `fsync`; 0 for none.
        var error: Int32
    }

    private func write(_ mebibytes: Int, to path: String, new: Bool = true) -> Written {
        let file = open(path, O_WRONLY | O_CLOEXEC | (new ? O_CREAT : 0), 0o600)
        guard file >= 0 else { return Written(mebibytes: 0, error: errno) }
        defer { close(file) }
        for written in 0..<mebibytes {
            // Of no two blocks alike; a system call for each number takes minutes in the guest.
            let block = (0..<(1 << 17)).map { UInt64(written << 17 + $0) &* 0x9E37_79B9_7F4A_7C15 }
            let count = block.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            guard count == 1 << 20 else {
                return Written(mebibytes: written, error: count < 0 ? errno : ENOSPC)
            }
        }
        return Written(mebibytes: mebibytes, error: fsync(file) == 0 ? 0 : errno)
    }
}
