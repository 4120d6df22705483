import Glibc
import Host
import Testing

@testable import Volumes

/// Volumes in number; the long run (`MODPLAN_VOLUMES=100`) is the figure of docs/volumes.md.
@Suite(.serialized) struct HundredTests {
    @Test(arguments: Backend.here) func manyAreMadeMountedUnmountedAndRemoved(
        on backend: Backend
    ) async throws {
        let count = number("MODPLAN_VOLUMES", default: 4)
        let names = (0..<count).map { "h.run.app-\($0).0.r1" }
        try await backend.withStore { store in
            let clock = ContinuousClock()
            var times: [String] = []
            func measure(_ what: String, _ body: () async throws -> Void) async throws {
                let time = try await clock.measure(body) / .milliseconds(1)
                times.append("\(what) \(Int(time / Double(count))) ms")
            }
            try await measure("made in") {
                for name in names { try await store.create(name, limit: 64 << 20) }
            }
            try await measure("mounted in") { for name in names { try await store.mount(name) } }
            let start = clock.now
            let listed = try await store.list(prefix: "h.")
            let listing = Int((clock.now - start) / .milliseconds(1))
            #expect(listed.map(\.name) == names.sorted())
            #expect(listed.allSatisfy { $0.mountPoint != nil })
            try await measure("unmounted in") {
                for name in names { try await store.unmount(name) }
            }
            try await measure("removed in") { for name in names { try await store.remove(name) } }
            print(
                "measured: \(backend): \(count) volumes, each \(times.joined(separator: ", ")); "
                    + "all listed in \(listing) ms")
        }
    }
}
