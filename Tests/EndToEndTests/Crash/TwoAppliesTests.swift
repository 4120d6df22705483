import Glibc
import Host
import Testing

/// Two of modplan at once, as two processes.
@Suite struct TwoAppliesTests {
    /// The lock's file of an app, once the process has it.
    private func holder(
        _ world: Fixture, _ app: String, _ apply: Running
    ) async throws -> String {
        let path = "\(world.folder)/state/locks/\(app).lock"
        for _ in 0..<2000 {
            let bytes = (try? readHostFile(path, limit: 4096)) ?? []
            let text = String(decoding: bytes, as: UTF8.self)
            if text.contains("pid \(apply.processID) on ") { return text }
            try #require(apply.poll() == nil, "\(apply.text)")
            usleep(2000)
        }
        throw Failure("no lock of \(app) after 4 s")
    }

    @Test func theSecondNamesTheHolderOrWaitsAndOtherAppsGoOn() async throws {
        try await Fixture.with { world in
            try world.define("node", "hello-node", "ready: {path: /}\nenvironment: {A: a}")
            try world.define("web", "ready: {path: /}\nenvironment: {A: a}")
            try await world.commit("apps")
            try await world.apply()

            try world.define("node", "hello-node", "ready: {path: /}\nenvironment: {A: b}")
            try world.define("web", "ready: {path: /}\nenvironment: {A: b}")
            try await world.commit("both")
            try await heldByFrozen(world)
            try await heldByKilled(world)
        }
    }

    /// A holder that is stopped holds on; the others see whom they wait for.
    private func heldByFrozen(_ world: Fixture) async throws {
        let first = try Running.apply(world, "node")
        let text = try await holder(world, "node", first)
        kill(first.processID, SIGSTOP)
        defer { kill(first.processID, SIGCONT) }

        let second = try await world.modplan("apply", "--yes", "node")
        #expect(second.status == 1)
        #expect(second.errors.contains("node is locked by \(text);"), "\(second)")
        let form = #/\w+, pid \d+ on \S+, apply since 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ/#
        #expect(text.wholeMatch(of: form) != nil, "\(text)")
        #expect(second.errors.contains("--lock-timeout"))
        let clock = ContinuousClock()
        let start = clock.now
        let late = try await world.modplan("apply", "--yes", "node", "--lock-timeout", "2s")
        #expect(late.status == 1 && late.errors.contains("pid \(first.processID) on"))
        #expect(clock.now - start >= .seconds(2))

        // Another app is nobody's business; a plan needs no lock.
        let other = try await world.modplan("apply", "--yes", "web")
        #expect(other.status == 0, "\(other)")
        #expect(try await world.plan().output.contains("node/0"))

        let waiting = try Running.apply(world, "node", "--lock-timeout", "30s")
        try await Task.sleep(for: .milliseconds(500))
        #expect(waiting.poll() == nil, "it waits: \(waiting.text)")
        kill(first.processID, SIGCONT)
        #expect(try await first.end(withinSeconds: 30) == 0, "\(first.text)")
        #expect(try await waiting.end(withinSeconds: 30) == 0, "\(waiting.text)")
        #expect(try await world.plan().status == 0)
    }

    @Test func twoAppsAreAppliedAtTheSameTime() async throws {
        try await Fixture.with { world in
            try world.define("one", "ready: {path: /}")
            try world.define("two", "hello-node", "ready: {path: /}")
            try await world.commit("apps")
            // Both build, and the first makes the network.
            let log = "\(world.folder)/one.log"
            let program = "\(Fixture.checkout)/.build/debug/modplan"
            let one = try Running(
                program, ["apply", "--yes", "one", "--config", world.config], log: log)
            // What all apps share is let go of once the network is there, long before the end.
            let journal = "\(world.folder)/state/journal/_shared.jsonl"
            try await world.await("the network") {
                let bytes = (try? readHostFile(journal, limit: 1 << 20)) ?? []
                return String(decoding: bytes, as: UTF8.self).contains(#""event":"done""#)
            }
            let shared = "\(world.folder)/state/locks/_shared.lock"
            try await Tool.run("flock", ["--wait", "1", shared, "true"])
            #expect(one.poll() == nil, "\(one.text)")
            let two = try Running.apply(world, "two")
            #expect(try await one.end(withinSeconds: 60) == 0, "\(one.text)")
            #expect(try await two.end(withinSeconds: 60) == 0, "\(two.text)")
            #expect(try await world.plan().status == 0)
            let left = try await Leftovers(world, instances: ["one": 1, "two": 1])
            #expect(left.complaints == [])
        }
    }

    private func heldByKilled(_ world: Fixture) async throws {
        try world.define("node", "hello-node", "ready: {path: /}\nenvironment: {A: c}")
        try await world.commit("again")
        let first = try Running.apply(world, "node")
        _ = try await holder(world, "node", first)
        kill(first.processID, SIGKILL)
        _ = try await first.end(withinSeconds: 10)
        let next = try await world.modplan("apply", "--yes", "node")
        #expect(next.status == 0, "\(next)")
        #expect(try await world.plan().status == 0)
    }
}
