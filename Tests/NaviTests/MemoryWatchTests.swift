import Testing

/// The decision alone, over generated lives of an app: a world with the kernel's rules, in which
/// the truth is known, watched as navi does it.
struct MemoryWatchTests {
    /// What really happens, in milliseconds.
    private struct Life {
        struct Kill {
            var atMs: Int64
            /// How long the victim can still be seen dying; 0 where a look comes too late.
            var dyingMs: Int64
            var isApp: Bool
        }

        var kills: [Kill] = []
        /// A SIGKILL that is not the kernel's own.
        var plainKillAtMs: Int64?
        var endsAtMs: Int64

        func count(atMs now: Int64) -> Int64 { Int64(kills.count { $0.atMs <= now }) }

        func look(atMs now: Int64) -> AppLook {
            AppLook(
                appDying: kills.contains { $0.isApp && $0.atMs <= now }
                    || plainKillAtMs.map { $0 <= now } ?? false,
                othersDying: kills.contains {
                    !$0.isApp && $0.atMs <= now && now < $0.atMs + $0.dyingMs
                })
        }
    }

    private struct Verdict: Equatable {
        var forMemory: Bool
        /// Each with the count before and after.
        var bursts: [[Int64]] = []
    }

    /// What navi's loop does with its clock: samples, looks, and the last sample at the end.
    private func watch(_ life: Life, delays: () -> Int64 = { 0 }) -> Verdict {
        var watch = MemoryWatch(count: 0, reported: nil, atMs: 0)
        var verdict = Verdict(forMemory: false)
        func add(_ burst: MemoryWatch.Burst) { verdict.bursts.append([burst.before, burst.after]) }
        var now: Int64 = 0
        while true {
            now += watch.waitMs + delays()
            if now >= life.endsAtMs { break }
            watch.sample(life.count(atMs: now), atMs: now)
            if watch.wantsLook { watch.look(life.look(atMs: now), atMs: now) }
            if let burst = watch.takeOver(atMs: now) { add(burst) }
        }
        watch.sample(life.count(atMs: life.endsAtMs), atMs: life.endsAtMs)
        verdict.forMemory = watch.killedApp
        if let rest = watch.takeRest() { add(rest) }
        return verdict
    }

    private func lives(_ count: Int, _ body: (inout SplitMix) throws -> Void) rethrows {
        var random = SplitMix(state: 20_261_124)
        for _ in 0..<count { try body(&random) }
    }

    /// Kills of others, long before the app's end or right before it.
    private func otherKills(until end: Int64, _ random: inout SplitMix) -> [Life.Kill] {
        (0..<random.below(5)).map { _ in
            Life.Kill(
                atMs: random.below(end), dyingMs: random.below(2) * random.below(3000),
                isApp: false)
        }
    }

    @Test func aPlainKillMoreThanASampleLaterIsNeverForMemory() throws {
        try lives(20_000) { random in
            let killAt = 101 + random.below(4000)
            var life = Life(plainKillAtMs: killAt, endsAtMs: killAt + random.below(400))
            life.kills = otherKills(until: killAt - 100, &random)
            let verdict = watch(life)
            try #require(!verdict.forMemory, "\(life)")
            try requireEachOnce(verdict, life)
        }
    }

    @Test func aKillOfTheAppIsAlwaysForMemoryHoweverLongItDies() throws {
        try lives(20_000) { random in
            let killAt = 1 + random.below(4000)
            let dying = random.below(2) * random.below(10_000)
            var life = Life(endsAtMs: killAt + dying)
            life.kills = otherKills(until: killAt + dying, &random)
            life.kills.append(Life.Kill(atMs: killAt, dyingMs: dying, isApp: true))
            // However late navi gets to run.
            let late = random.below(2) * 500
            let verdict = watch(life) { late }
            try #require(verdict.forMemory, "\(life)")
            try requireEachOnce(verdict, life)
        }
    }

    @Test func withoutAKillNothingIsForMemory() throws {
        try lives(1000) { random in
            let life = Life(plainKillAtMs: 1, endsAtMs: 1 + random.below(5000))
            try #require(watch(life) == Verdict(forMemory: false))
        }
    }

    /// Each kill stands in one burst, and those close together share one.
    private func requireEachOnce(_ verdict: Verdict, _ life: Life) throws {
        var count: Int64 = 0
        for burst in verdict.bursts {
            try #require(burst[0] == count && burst[1] > count, "\(verdict) \(life)")
            count = burst[1]
        }
        try #require(count == Int64(life.kills.count), "\(verdict) \(life)")
    }

    @Test func aShellThatFollowsItsVictimIsForMemory() {
        // Seen dying from 90 ms on, gone at 700; the shell tidies up until 2,600.
        var watch = MemoryWatch(count: 7, reported: nil, atMs: 0)
        for now in stride(from: Int64(90), through: 2590, by: 10) {
            watch.sample(8, atMs: now)
            watch.look(AppLook(othersDying: now < 700, bystanders: [4711]), atMs: now)
            #expect(watch.takeOver(atMs: now) == nil)
        }
        #expect(!watch.killedApp)
        #expect(watch.killedChildOfApp(atMs: 2600) { $0 == 4711 })
        // Another one ended: its status may be what the shell passes on.
        #expect(!watch.killedChildOfApp(atMs: 2600) { _ in false })
        #expect(!watch.killedChildOfApp(atMs: 2800) { _ in true })
    }

    /// 20 waits for the victim, which only the first look caught; 21 is gone at the second.
    @Test func whoFollowsAVictimIsNoBystander() {
        var watch = MemoryWatch(count: 0, reported: nil, atMs: 0)
        watch.sample(1, atMs: 90)
        watch.look(AppLook(othersDying: true, bystanders: [21, 22]), atMs: 90)
        watch.look(AppLook(bystanders: [20, 22]), atMs: 100)
        watch.look(AppLook(bystanders: [20, 22, 23]), atMs: 190)
        #expect(watch.killedChildOfApp(atMs: 200) { $0 == 22 })
        #expect(!watch.killedChildOfApp(atMs: 200) { $0 != 22 })
    }

    @Test func aBurstWithoutEndIsToldInParts() throws {
        var watch = MemoryWatch(count: 0, reported: nil, atMs: 0)
        var told: [Int64] = []
        for now in stride(from: Int64(100), through: 12_000, by: 100) {
            watch.sample(now / 100, atMs: now)
            watch.look(AppLook(), atMs: now + MemoryWatch.settleMs)
            if let burst = watch.takeOver(atMs: now + MemoryWatch.settleMs) {
                told.append(burst.after)
            }
        }
        #expect(told.count == 2)
    }

    @Test func whatIsUnreportedIsDueAtOnceAndNeverTheApps() {
        var watch = MemoryWatch(count: 9, reported: 7, atMs: 50_000)
        #expect(!watch.killedApp)
        #expect(!watch.killedChildOfApp(atMs: 50_001) { _ in true })
        let burst = watch.takeOver(atMs: 50_090)
        #expect(burst?.before == 7 && burst?.after == 9)
        #expect(watch.takeRest() == nil)
        var nothing = MemoryWatch(count: 9, reported: 9, atMs: 0)
        #expect(nothing.takeRest() == nil)
    }

    @Test func anUnreadableCounterSaysNothing() {
        var watch = MemoryWatch(count: nil, reported: 3, atMs: 0)
        watch.sample(nil, atMs: 90)
        #expect(watch.burst == nil)
        watch.sample(5, atMs: 180)
        #expect(watch.burst == nil)
        watch.sample(nil, atMs: 270)
        watch.sample(6, atMs: 360)
        #expect(watch.burst?.before == 5)
    }
}

/// A seeded generator: the same lives each time.
private struct SplitMix {
    var state: UInt64

    mutating func below(_ limit: Int64) -> Int64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return Int64((mixed ^ (mixed >> 31)) % UInt64(max(1, limit)))
    }
}
