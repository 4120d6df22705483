import FoundationEssentials
import Glibc
import Host
import Testing

/// The engine goes away, or says nothing, in the middle of an apply: the apply ends by itself and
/// says why, and the next one converges.
@Suite struct EngineTests {
    enum Trouble: String, CaseIterable {
        case restarted, killed, frozen

        func make(_ engine: PrivateEngine) async throws {
            switch self {
            case .restarted:
                try await engine.end(SIGTERM)
                try await engine.start()
            case .killed:
                try await engine.end(SIGKILL)
                try await engine.start()
            case .frozen:
                await engine.signal(SIGSTOP)
                try await Task.sleep(for: .seconds(EngineTests.frozenSeconds))
                await engine.signal(SIGCONT)
            }
        }
    }

    /// 5, or what `MODPLAN_FREEZE` says.
    private static let frozenSeconds = variable("MODPLAN_FREEZE") ?? 5
    /// How often each trouble comes: twice, or what `MODPLAN_TROUBLES` says.
    private static let rounds = variable("MODPLAN_TROUBLES") ?? 2

    private static func variable(_ name: String) -> Int? {
        getenv(name).flatMap { Int(String(cString: $0)) }
    }

    /// What an apply may take in all when each call of one chain of steps takes as long as it may.
    private static let longestSeconds = 240

    @Test func whateverHappensToTheEngineTheNextApplyConverges() async throws {
        let images = ["\(Fixture.images)/build-static", "\(Fixture.images)/run-static"]
        try await PrivateEngine.with(images: images) { engine in
            try await Fixture.with(engine: engine.socket) { world in
                try world.define("still", "ready: {path: /}")
                try world.define("web", "ready: {path: /}\npublish: 127.0.0.1:18481")
                try world.define("pair", "ready: {path: /}\ninstances: 2")
                try await world.commit("apps")
                var random = Seeded(seed: 4)
                for (trouble, round) in Trouble.allCases.flatMap({ trouble in
                    (0..<Self.rounds).map { (trouble, $0) }
                }) {
                    try await Self.meet(trouble, round, engine, world, &random)
                }
                try await Self.silence(engine, world)
            }
        }
    }

    private static func meet(
        _ trouble: Trouble, _ round: Int, _ engine: PrivateEngine, _ world: Fixture,
        _ random: inout Seeded
    ) async throws {
        let context = "\(trouble) \(round)"
        // A build, then a configuration alone, in turns.
        if round.isMultiple(of: 2) {
            try world.write("<p>\(context)</p>", to: "sources/hello-static/index.html")
        }
        try world.define(
            "web", "ready: {path: /}\npublish: 127.0.0.1:18481\nenvironment: {A: '\(context)'}")
        try world.define("pair", "ready: {path: /}\ninstances: 2\nenvironment: {A: '\(context)'}")
        try await world.commit(context)
        let planned = try await world.plan()
        try #require(planned.status == 2, "\(context): \(planned)")
        let counts = planned.output.split(separator: " ").compactMap { Int($0) }
        let steps = try #require(counts.last, "\(planned)")
        let before = try await world.processes()
        let target = try world.intents() + 1 + Int(random.next() % UInt64(steps))

        let clock = ContinuousClock()
        let start = clock.now
        let apply = try Running.apply(world)
        while try world.intents() < target, clock.now - start < .seconds(60) { usleep(500) }
        usleep(UInt32(random.next() % 60_000))
        try await trouble.make(engine)
        let status = try await apply.end(withinSeconds: longestSeconds)
        let seconds = (clock.now - start) / .seconds(1)
        let said = apply.text
        #expect(status == 0 || status == 1, "\(context): \(said)")
        if status == 1 {
            #expect(said.contains("FAILED") || said.contains("modplan: "), "\(context): \(said)")
        }
        let passes = try await world.converge(context)
        let left = try await Leftovers(world, instances: ["still": 1, "web": 1, "pair": 2])
        #expect(left.complaints == [], "\(context)")
        if trouble == .frozen, !round.isMultiple(of: 2) {
            #expect(try await world.processes()["still"] == before["still"], "\(context)")
        }
        let failures = said.split(separator: "\n").filter { $0.contains("FAILED") }.count
        print(
            "measured: engine \(context), \(steps) steps: apply ended with \(status) after \(Int(seconds)) s, "
                + "\(failures) steps failed, \(passes) passes")
    }

    /// No call waits for ever for an engine that takes connections and says nothing.
    private static func silence(_ engine: PrivateEngine, _ world: Fixture) async throws {
        await engine.signal(SIGSTOP)
        let clock = ContinuousClock()
        let start = clock.now
        let outcome = try await world.modplan("plan")
        #expect(outcome.status == 1 && outcome.errors.contains("gave no answer in time"))
        let seconds = (clock.now - start) / .seconds(1)
        #expect(seconds < 20, "\(outcome)")
        print("measured: engine silent: plan ended after \(seconds) s")
        await engine.signal(SIGCONT)
        #expect(try await world.plan().status == 0)
    }
}
