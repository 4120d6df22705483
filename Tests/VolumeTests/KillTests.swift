import Foundation
import Glibc
import Host
import Testing

@testable import Volumes

/// SIGKILL at any moment of the volume steps: whoever comes next succeeds, and nothing is left over.
@Suite(.serialized) struct KillTests {
    private static let worker =
        #filePath.split(separator: "/").dropLast(3).map { "/\($0)" }.joined()
        + "/.build/debug/VolumeWorker"

    @Test(arguments: Backend.here) func aKilledStepLeavesNothing(on backend: Backend) async throws {
        let kills = number("MODPLAN_KILLS", default: 3)
        let seed = UInt64(number("MODPLAN_SEED", default: Int.random(in: 0...9999)))
        var random = Seeded(seed)
        try await backend.withFolder { folder in
            let store = backend.store(in: folder)
            let clock = ContinuousClock()
            let length = try await clock.measure { try await deploy(store, removes: true) }
            var seen: [String: Int] = [:]
            for kill in 1...kills {
                let wait = length * Double.random(in: 0...1, using: &random)
                let names = try await killWorker(backend, folder, after: wait)
                try await end(store, prefix: "w.")
                let left = try await leftAfterAnother(store, backend, folder)
                #expect(left == [], "kill \(kill) of seed \(seed), after \(wait)")
                try await deploy(store, removes: true)
                #expect(try await backend.leftovers(in: folder) == [], "kill \(kill), seed \(seed)")
                seen[names.joined(separator: " "), default: 0] += 1
            }
            let moments = seen.sorted { $0.key < $1.key }.map { "[\($0.key)] × \($0.value)" }
            print(
                "measured: \(backend): \(kills) kills (seed \(seed)), a cycle is \(length); listed "
                    + "right after: \(moments.joined(separator: ", "))")
        }
    }

    /// What is left once another volume was made: what is half made may never be made again. A
    /// program that the dead worker had started holds on to what it works at until it ends.
    private func leftAfterAnother(
        _ store: any VolumeStore, _ backend: Backend, _ folder: String
    ) async throws -> [String] {
        var left: [String] = []
        for _ in 0..<100 {
            try await store.create("x.next", limit: 32 << 20)
            try await store.remove("x.next")
            left = try await backend.leftovers(in: folder)
            if left.isEmpty { break }
            try await Task.sleep(for: .milliseconds(200))
        }
        return left
    }

    /// - Returns: what a list shows right after; programs that it had started may still work.
    private func killWorker(
        _ backend: Backend, _ folder: String, after wait: Duration
    ) async throws -> [String] {
        let process = Process()
        process.executableURL = URL(filePath: Self.worker)
        process.arguments =
            backend == .file
            ? ["file", folder] : ["lvm", Backend.group, Backend.pool, "\(folder)/mounts"]
        let errors = Pipe()
        process.standardError = errors
        try process.run()
        try await Task.sleep(for: wait)
        Glibc.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        #expect(process.terminationReason == .uncaughtSignal)
        return try await backend.store(in: folder).list(prefix: "").map { volume in
            volume.name + (volume.mountPoint == nil ? "" : "*")
        }
    }

    /// As the next plan ends what an interrupted apply left.
    private func end(_ store: any VolumeStore, prefix: String) async throws {
        for volume in try await store.list(prefix: prefix) {
            try await store.unmount(volume.name)
            try await store.remove(volume.name)
        }
    }
}

/// SplitMix64: the same seed kills at the same moments.
private struct Seeded: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
