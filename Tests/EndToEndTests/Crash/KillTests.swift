import FoundationEssentials
import Glibc
import Host
import Testing

/// `modplan apply` is killed with SIGKILL, half the times at a step and half at any time; applying
/// again is all that it takes.
@Suite struct KillTests {
    /// How many times: 10, or what `MODPLAN_KILLS` says.
    private static let rounds = getenv("MODPLAN_KILLS").flatMap { Int(String(cString: $0)) } ?? 10

    /// What was seen over all rounds, to be printed.
    private struct Tally {
        var atSteps = 0
        var atAnyTime = 0
        var endedBefore = 0
        var passes: [Int: Int] = [:]
        var seconds: [Double] = []
        var kills: Int { atSteps + atAnyTime }
    }

    @Test func killedAnywhereTheNextApplyConverges() async throws {
        try await Fixture.with { world in
            try await Tool.run(
                "cp", ["-R", "\(world.clone)/sources/hello-static", "\(world.clone)/sources/other"])
            var wanted = Wanted()
            try wanted.write(world)
            try await world.commit("all")
            // The first one too: it builds, and makes the network and every folder.
            var random = Seeded(seed: 20_261_125)
            var tally = Tally()
            let clock = ContinuousClock()
            var round = 0
            while tally.kills < Self.rounds && round < 2 * Self.rounds {
                let start = clock.now
                let changed = round == 0 ? Set(wanted.all.keys) : wanted.change(round)
                if round > 0 {
                    try wanted.write(world)
                    try await world.commit("round \(round)")
                }
                let context = "round \(round) (\(wanted.name))"
                let before = try await world.processes()
                try await Self.kill(world, round, &random, &tally, context)
                if round % 16 == 5 {
                    // What was being made is not wanted any more.
                    wanted.turnPageBack()
                    try wanted.write(world)
                    try await world.commit("the first page again")
                }
                let passes = try await world.converge(context)
                tally.passes[passes, default: 0] += 1
                let left = try await Leftovers(world, instances: wanted.all)
                #expect(left.complaints == [], "\(context)")
                let after = try await world.processes()
                for (app, processes) in before where !changed.contains(app) {
                    #expect(after[app] == processes, "\(context): \(app) was not touched")
                }
                tally.seconds.append(Double((clock.now - start) / .milliseconds(1)) / 1000)
                round += 1
            }
            #expect(tally.kills == Self.rounds)
            let times = tally.seconds.sorted()
            print(
                "measured: apply killed: \(tally.atSteps) at a step, \(tally.atAnyTime) at any time, "
                    + "\(tally.endedBefore) had ended; passes until in sync: "
                    + "\(tally.passes.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }); "
                    + "a round took \(times[times.count / 2]) s, at the most \(times.last ?? 0) s")
        }
    }

    /// What runs in a container does not end with the apply that asked for it.
    @Test func anUpdateThatAKilledApplyLeftRunningIsNoFailure() async throws {
        try await Fixture.with { world in
            try world.write(
                """
                process.on('SIGTERM', () => {});
                require('http').createServer((_, answer) => answer.end('here'))
                    .listen(process.env.PORT);
                """, to: "sources/hello-node/server.js")
            try world.define("node", "hello-node", "ready: {path: /}\nenvironment: {A: a}")
            try await world.commit("an app that is slow to stop")
            try await world.apply()
            try world.define("node", "hello-node", "ready: {path: /}\nenvironment: {A: b}")
            try await world.commit("environment")
            let apply = try Running.apply(world)
            let journal = "\(world.folder)/state/journal/node.jsonl"
            try await world.await("the update") {
                let bytes = (try? readHostFile(journal, limit: 1 << 20)) ?? []
                return String(decoding: bytes, as: UTF8.self).contains("update-program")
            }
            try await Task.sleep(for: .seconds(1))
            Glibc.kill(apply.processID, SIGKILL)
            _ = try await apply.end(withinSeconds: 10)
            #expect(try await world.converge("update left running") == 1)
        }
    }

    private static func kill(
        _ world: Fixture, _ round: Int, _ random: inout Seeded, _ tally: inout Tally,
        _ context: String
    ) async throws {
        let planned = try await world.plan()
        try #require(planned.status == 2, "\(context): \(planned)")
        let steps = planned.output.split(separator: " ").reversed().lazy.compactMap { Int($0) }
        let count = try #require(steps.first, "\(planned)")
        // Each change is met by both, in turns.
        let isAtStep = (round + round / 8).isMultiple(of: 2)
        let delay = Duration.milliseconds(Int(random.next() % UInt64(300 + 120 * count)))
        let target = try world.intents() + 1 + Int(random.next() % UInt64(count))
        let apply = try Running.apply(world)
        let start = ContinuousClock.now
        var status = apply.poll()
        while status == nil {
            if isAtStep ? try world.intents() >= target : ContinuousClock.now - start >= delay {
                // Some time into the step, so that its effect is under way, or done.
                if isAtStep { usleep(UInt32(random.next() % 60_000)) }
                Glibc.kill(apply.processID, SIGKILL)
                status = try await apply.end(withinSeconds: 10)
            } else {
                usleep(500)
                status = apply.poll()
            }
        }
        switch status {
        case 128 + SIGKILL where isAtStep: tally.atSteps += 1
        case 128 + SIGKILL: tally.atAnyTime += 1
        case 0: tally.endedBefore += 1
        default: Issue.record("\(context): ended with \(status ?? -1): \(apply.text)")
        }
    }
}

/// What the definitions ask for at the moment.
private struct Wanted {
    private var greeting = 0
    private var page = 0
    private var port = 18_471
    private var instances = 2
    private var memory = 128
    private var pair = 0
    private var hasGuest = false
    private(set) var name = "all"

    var all: [String: Int] {
        ["node": 1, "web": instances, "pair": 2, "still": 1].merging(hasGuest ? ["guest": 1] : [:])
        {
            $1
        }
    }

    /// - Returns: the apps that it touches.
    mutating func change(_ round: Int) -> Set<String> {
        switch round % 8 {
        case 1: greeting += 1
        case 2: instances = 1 + instances % 3
        case 3: hasGuest.toggle()
        case 4: port = port == 18_471 ? 18_472 : 18_471
        // Every other time a page that was never built.
        case 5: page = page % 2 == 0 ? round : page - 1
        case 6: memory = memory == 128 ? 160 : 128
        case 7: pair += 1
        default:
            greeting += 1
            pair += 1
            instances = 1 + instances % 3
        }
        let names = [
            "several apps", "environment", "instances", "an app", "port", "source", "memory",
            "environment of both instances",
        ]
        name = names[round % 8]
        let touched = [
            ["node", "web", "pair"], ["node"], ["web"], ["guest"], ["node"], ["web"], ["web"],
            ["pair"],
        ]
        return Set(touched[round % 8])
    }

    mutating func turnPageBack() { page = 0 }

    func write(_ world: Fixture) throws {
        try world.define(
            "node", "hello-node",
            "ready: {path: /}\npublish: 127.0.0.1:\(port)\nenvironment: {GREETING: 'n\(greeting)'}")
        try world.define("web", "ready: {path: /}\ninstances: \(instances)\nmemory: \(memory)MiB")
        try world.define(
            "pair", "other", "ready: {path: /}\ninstances: 2\nenvironment: {PAIR: 'p\(pair)'}")
        try world.define("still", "other", "ready: {path: /}")
        if hasGuest {
            try world.define("guest", "other", "ready: {path: /}")
        } else {
            try removeHostEntry("\(world.clone)/apps/guest.yaml", folder: false)
        }
        try world.write("<p>\(page)</p>", to: "sources/hello-static/index.html")
    }
}

/// SplitMix64: the same seed gives the same rounds.
struct Seeded: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
