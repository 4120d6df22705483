import Glibc
import Host
import Testing

@testable import Volumes

/// What a deploy, one more instance and a rollback cost with a large artifact, beside a plain copy of
/// as much on the same storage: 500 MiB in `make bench-volumes`, else a few, to see that all arrives.
@Suite(.serialized) struct BenchTests {
    private static let mebibytes = getenv("MODPLAN_BENCH") == nil ? 8 : 500
    private static let limit: Int64 = 1280 << 20

    @Test(arguments: [Backend.isGuest ? Backend.lvm : .file]) func aLargeArtifact(
        on backend: Backend
    ) async throws {
        try await backend.withStore { store in
            var times: [String] = []
            let clock = ContinuousClock()
            func measure(_ what: String, _ body: () async throws -> Void) async throws {
                sync()
                let start = clock.now
                try await body()
                let milliseconds = Int((clock.now - start) / .milliseconds(1))
                times.append("\(what) \(milliseconds) ms")
            }
            try await store.create("b.build", limit: Self.limit)
            try await store.mount("b.build")
            try fill(store.mountPoint(of: "b.build"))
            let file = "\(store.mountPoint(of: "b.build"))/output/data"
            try await measure("cp") {
                try await Tool.run("cp", ["--reflink=never", file, "\(file).copy"])
                try await Tool.run("sync", ["\(file).copy"])
            }
            try await Tool.run("rm", ["\(file).copy"])
            try await measure("seal") {
                try await store.seal(
                    "b.build", folder: "output", renamed: "app", artifact: "b.artifact")
            }
            func bringUp(_ name: String) async throws {
                try await store.snapshot("b.artifact", as: name, limit: Self.limit)
                try await store.mount(name)
            }
            try await measure("deploy") { try await bringUp("b.run.0.r1") }
            try await measure("scale") { try await bringUp("b.run.1.r1") }
            try await measure("rollback") {
                try await bringUp("b.run.0.r2")
                try await store.unmount("b.run.0.r1")
                try await store.remove("b.run.0.r1")
            }
            for name in ["b.run.1.r1", "b.run.0.r2"] {
                let copy = try Directory(path: store.mountPoint(of: name)).attributes("app/data")
                #expect(copy?.st_size == Self.mebibytes << 20, "\(name)")
            }
            let used = try await store.list(prefix: "b.").map(\.used).reduce(0, +) >> 20
            let capacity = try await store.capacity()
            print(
                "measured: \(backend), \(Self.mebibytes) MiB: \(times.joined(separator: ", ")); "
                    + "volumes \(used) MiB, storage \(capacity.usedBytes >> 20) MiB in use")
        }
    }

    /// Of bytes that no file system leaves out or makes smaller.
    private func fill(_ path: String) throws {
        try Directory(path: path).makeDirectory("output")
        let file = open("\(path)/output/data", O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
        defer { close(file) }
        let block = [UInt8](repeating: 7, count: 1 << 20)
        for _ in 0..<Self.mebibytes {
            guard write(file, block, block.count) == block.count else {
                throw SystemError("write", path)
            }
        }
        fsync(file)
    }
}
