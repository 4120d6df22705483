import Testing

@testable import Execution
@testable import Planning

@Suite struct ScheduleTests {
    /// a → b → d, a → c → d, and x → y on its own.
    private static let diamond = [
        step("a"), step("b", after: ["a"]), step("c", after: ["a"]), step("d", after: ["b", "c"]),
        step("x"), step("y", after: ["x"]),
    ]

    @Test func aStepStartsOnceAllThatItWaitsForIsDone() {
        var schedule = Schedule(Self.diamond)
        #expect(schedule.next(limit: 9).map(\.id) == ["a", "x"])
        #expect(schedule.next(limit: 9).isEmpty)
        schedule.finish("a", failure: nil)
        #expect(schedule.next(limit: 9).map(\.id) == ["b", "c"])
        schedule.finish("c", failure: nil)
        #expect(schedule.next(limit: 9).isEmpty)
        schedule.finish("b", failure: nil)
        #expect(schedule.next(limit: 9).map(\.id) == ["d"])
    }

    @Test func noMoreRunAtOnceThanTheLimitAllows() {
        var schedule = Schedule(["a", "b", "c"].map { step($0) })
        #expect(schedule.next(limit: 2).map(\.id) == ["a", "b"])
        #expect(schedule.next(limit: 2).isEmpty)
        schedule.finish("b", failure: nil)
        #expect(schedule.next(limit: 2).map(\.id) == ["c"])
    }

    @Test func aFailureSkipsWhatWaitsForItAndNothingElse() {
        var schedule = Schedule(Self.diamond)
        _ = schedule.next(limit: 9)
        schedule.finish("a", failure: "broke")
        schedule.finish("x", failure: nil)
        #expect(schedule.next(limit: 9).map(\.id) == ["y"])
        schedule.finish("y", failure: nil)
        #expect(schedule.isOver)
        #expect(schedule.status["a"] == .failed("broke"))
        for id in ["b", "c", "d"] {
            #expect(schedule.status[id] == .skipped(rootCause: "a"), "\(id)")
        }
        #expect(schedule.status["y"] == .done)
    }

    @Test func theRootCauseIsTheFirstThatFailed() {
        var schedule = Schedule(Self.diamond)
        _ = schedule.next(limit: 9)
        schedule.finish("a", failure: nil)
        _ = schedule.next(limit: 9)
        schedule.finish("c", failure: "first")
        schedule.finish("b", failure: "second")
        #expect(schedule.status["d"] == .skipped(rootCause: "c"))
    }

    // MARK: Steps for the failure of others

    /// stop → (new → ready), with (undo → again) for when one of the two fails.
    private static let takeover = [
        step("stop"), step("new", after: ["stop"]), step("ready", after: ["new"]),
        step("undo", after: ["stop"], remedyOf: ["new", "ready"]),
        step("again", after: ["undo"], remedyOf: ["new", "ready"]),
        step("end", after: ["ready"]),
    ]

    @Test func whereAllGoesWellARemedyIsLeftOut() {
        var schedule = Schedule(Self.takeover)
        for id in ["stop", "new", "ready", "end"] {
            #expect(schedule.next(limit: 9).map(\.id) == [id])
            schedule.finish(id, failure: nil)
        }
        #expect(schedule.isOver)
        #expect(schedule.status["undo"] == .notNeeded && schedule.status["again"] == .notNeeded)
    }

    @Test(arguments: ["new", "ready"]) func aRemedyRunsOnceWhatItIsForHasFailed(
        failing: String
    ) {
        var schedule = Schedule(Self.takeover)
        var done: [String] = []
        while let next = schedule.next(limit: 1).first {
            done.append(next.id)
            schedule.finish(next.id, failure: next.id == failing ? "broke" : nil)
        }
        #expect(schedule.isOver && !schedule.isStuck)
        #expect(done.suffix(2) == ["undo", "again"], "\(done)")
        #expect(schedule.status["end"] == .skipped(rootCause: failing))
    }

    /// What was to be undone was never begun.
    @Test func aRemedyThatWaitsForWhatFailedIsSkipped() {
        var schedule = Schedule(Self.takeover)
        _ = schedule.next(limit: 9)
        schedule.finish("stop", failure: "broke")
        #expect(schedule.isOver && schedule.next(limit: 9).isEmpty)
        #expect(schedule.status["again"] == .skipped(rootCause: "stop"))
    }

    @Test func aRemedyWaitsForAllThatItIsFor() {
        var schedule = Schedule([
            step("a"), step("b"), step("undo", remedyOf: ["a", "b"]),
        ])
        _ = schedule.next(limit: 9)
        schedule.finish("a", failure: "broke")
        #expect(schedule.next(limit: 9).isEmpty)
        schedule.finish("b", failure: nil)
        #expect(schedule.next(limit: 9).map(\.id) == ["undo"])
    }

    @Test func aStopStartsNothingMoreAndLetsFinishWhatRuns() {
        var schedule = Schedule(Self.diamond)
        #expect(schedule.next(limit: 1).map(\.id) == ["a"])
        schedule.stop()
        #expect(schedule.next(limit: 9).isEmpty)
        #expect(!schedule.isOver)
        schedule.finish("a", failure: nil)
        #expect(schedule.next(limit: 9).isEmpty)
        #expect(schedule.isOver)
        #expect(schedule.status["a"] == .done)
        for id in ["b", "c", "d", "x", "y"] { #expect(schedule.status[id] == .notStarted, "\(id)") }
    }

    /// Random graphs with random failures: the set of done steps is the graph's to say, not the
    /// limit's nor the order in which steps end.
    @Test func theOutcomeDoesNotDependOnTheLimit() {
        for seed in UInt64(0)..<500 {
            var random = Seeded(seed)
            let steps = Self.graph(&random)
            let failing = Set(
                steps.map(\.id).filter { _ in Int.random(in: 0..<6, using: &random) == 0 })
            let expected = Self.done(steps, failing)
            for limit in [1, 2, 3, steps.count] {
                var schedule = Schedule(steps)
                Self.run(&schedule, limit: limit, failing, &random)
                let done = Set(steps.map(\.id).filter { schedule.status[$0] == .done })
                #expect(done == expected, "seed \(seed), limit \(limit)")
                for id in steps.map(\.id) where !done.contains(id) && !failing.contains(id) {
                    guard case .skipped(let cause) = schedule.status[id] else {
                        Issue.record("seed \(seed): \(id) is neither done nor skipped")
                        continue
                    }
                    #expect(failing.contains(cause), "seed \(seed): \(id) was skipped for \(cause)")
                }
            }
        }
    }

    private static func graph(_ random: inout Seeded) -> [Step] {
        (0..<Int.random(in: 1...24, using: &random)).map { index in
            let before = (0..<index).filter { _ in Int.random(in: 0..<4, using: &random) == 0 }
            return step("s\(index)", after: before.map { "s\($0)" })
        }
    }

    /// By definition: a step is done if it does not fail and all that it waits for is done.
    private static func done(_ steps: [Step], _ failing: Set<String>) -> Set<String> {
        var done: Set<String> = []
        for step in steps where !failing.contains(step.id) && done.isSuperset(of: step.after) {
            done.insert(step.id)
        }
        return done
    }

    /// Runs it to its end, the running steps ending in random order.
    private static func run(
        _ schedule: inout Schedule, limit: Int, _ failing: Set<String>, _ random: inout Seeded
    ) {
        var running: [Step] = []
        var done: Set<String> = []
        while !schedule.isOver {
            for step in schedule.next(limit: limit) {
                #expect(done.isSuperset(of: step.after), "\(step.id) started too early")
                running.append(step)
            }
            #expect(running.count <= limit)
            guard let index = running.indices.randomElement(using: &random) else {
                Issue.record("not over, and nothing runs")
                return
            }
            let step = running.remove(at: index)
            let fails = failing.contains(step.id)
            if !fails { done.insert(step.id) }
            schedule.finish(step.id, failure: fails ? "broke" : nil)
        }
    }
}
