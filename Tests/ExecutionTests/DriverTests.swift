import Desired
import Synchronization
import Testing

@testable import Execution
@testable import Planning

@Suite struct DriverTests {
    private static let steps = [
        step("a"), step("b", after: ["a"]), step("c", after: ["b"]), step("x"),
        step("y", after: ["x"]),
    ]

    @Test(arguments: [1, 2, 10])
    func theIntentIsRecordedBeforeTheEffectAndTheOutcomeBeforeDependents(
        parallelism: Int
    ) async throws {
        let recorder = Recorder()
        let result = await execute(
            makePlan(Self.steps), named: "digest", with: recorder.executor(),
            parallelism: parallelism,
            stop: StopRequest(), report: { _ in })
        #expect(result == ExecutionResult(done: 5))
        for step in Self.steps {
            let intent = try #require(recorder.index("intend \(step.id)"))
            let effect = try #require(recorder.index("start \(step.id)"))
            let outcome = try #require(recorder.index("conclude \(step.id)"))
            #expect(intent < effect && effect < outcome)
            for other in step.after {
                #expect(try #require(recorder.index("conclude \(other)")) < intent)
            }
        }
        #expect(recorder.all.count == 15)
    }

    @Test func aFailureIsRecordedAndNamedByWhatItSkips() async {
        let recorder = Recorder()
        let events = Mutex<[String]>([])
        let result = await execute(
            makePlan(Self.steps), named: "digest", with: recorder.executor(failing: ["start a"]),
            parallelism: 2,
            stop: StopRequest()
        ) { event in
            switch event {
            case .failed(let step, let message, _):
                events.withLock { $0.append("\(step.id) failed: \(message)") }
            case .skipped(let step, let cause):
                events.withLock { $0.append("\(step.id) skipped for \(cause)") }
            default: break
            }
        }
        #expect(result == ExecutionResult(done: 2, failed: 1, skipped: 2))
        #expect(!result.isComplete)
        #expect(
            events.withLock { $0 } == [
                "a failed: start a was refused", "b skipped for a", "c skipped for a",
            ])
        #expect(recorder.all.contains("conclude a: start a was refused"))
        #expect(!recorder.all.contains("intend b"))
        #expect(recorder.all.contains("conclude y"))
    }

    @Test func withoutARecordedIntentNothingIsDone() async {
        let recorder = Recorder()
        let result = await execute(
            makePlan([step("a"), step("b", after: ["a"])]),
            named: "digest", with: recorder.executor(failing: ["intend a"]), parallelism: 2,
            stop: StopRequest(),
            report: { _ in })
        #expect(result == ExecutionResult(failed: 1, skipped: 1))
        #expect(recorder.all == ["intend a"])
    }

    @Test func withoutARecordedOutcomeNothingThatDependsOnItStarts() async {
        let recorder = Recorder()
        let result = await execute(
            makePlan([step("a"), step("b", after: ["a"])]),
            named: "digest", with: recorder.executor(failing: ["conclude a"]), parallelism: 2,
            stop: StopRequest(),
            report: { _ in })
        #expect(result == ExecutionResult(failed: 1, skipped: 1))
        #expect(recorder.all == ["intend a", "start a", "conclude a"])
    }

    @Test func aStopLetsFinishWhatRunsAndStartsNothingMore() async {
        let recorder = Recorder()
        let stop = StopRequest()
        let notStarted = Mutex<[String]>([])
        let result = await execute(
            makePlan(Self.steps), named: "digest",
            with: recorder.executor { if $0 == "a" { stop.request() } },
            parallelism: 1, stop: stop
        ) { event in
            if case .notStarted(let step) = event { notStarted.withLock { $0.append(step.id) } }
        }
        #expect(result == ExecutionResult(done: 1, notStarted: 4))
        #expect(recorder.all == ["intend a", "start a", "conclude a"])
        #expect(notStarted.withLock { $0 } == ["b", "c", "x", "y"])
    }

    @Test func nothingToDoIsComplete() async {
        let recorder = Recorder()
        let result = await execute(
            makePlan([]), named: "digest", with: recorder.executor(), parallelism: 4,
            stop: StopRequest(),
            report: { _ in })
        #expect(result.isComplete)
        #expect(recorder.all.isEmpty)
    }

    /// Every operation is one call, with what the step says and nothing else.
    @Test(arguments: [
        (Operation.createNetwork(name: "n"), "create-network n"),
        (.removeNetwork(id: "i"), "remove-network i"),
        (.createVolume(name: "v", limitBytes: 7), "create-volume v 7"),
        (
            .writeSource(volume: "v", source: SourceTree(repository: .definitions, tree: "t")),
            "source t v"
        ),
        (.sealArtifact(volume: "v", artifact: "a"), "seal v output app a"),
        (.snapshotVolume(origin: "a", name: "v", limitBytes: 7), "snapshot a v 7"),
        (.mountVolume(name: "v"), "mount v"), (.unmountVolume(name: "v"), "unmount v"),
        (.removeVolume(name: "v"), "remove-volume v"), (.repairLayout(volume: "v"), "layout v"),
        (
            .writeConfiguration(
                volume: "v",
                InstanceConfiguration(app: "web", instance: 0, port: 1, environment: [:])),
            "configuration v"
        ),
        (.stopContainer(ContainerReference(name: "c", id: "i")), "stop i"),
        (.removeContainer(ContainerReference(name: "c", id: "i")), "remove i"),
        (.updateLimits(ContainerReference(name: "c"), memoryBytes: 1, nanoCPUs: 2), "limits c 1 2"),
        (.updateProgram(ContainerReference(name: "c")), "update-program c"),
        (.startProgram(ContainerReference(name: "c")), "start-program c"),
        (.startContainer(ContainerReference(name: "c")), "start c"),
        (.stopProgram(ContainerReference(name: "c")), "stop-program c"),
        (
            .awaitReady(ContainerReference(name: "c"), volume: "v", port: 8, ReadyCheck()),
            "ready c v 8"
        ),
        (
            .writeTask(
                volume: "v", TaskConfiguration(app: "web", id: "i", port: 1, environment: [:])),
            "write-task v"
        ),
        (.growVolume(name: "v", limitBytes: 7), "grow v 7"),
        (.renameVolume(name: "v", to: "w"), "rename v w"),
        (.layOutStorage(name: "s", runVolume: "v"), "lay-out s v"),
        (.recordStorage(instance: 3, .orphaned), "storage web 3 orphaned"),
        (.recordEnd, "end web"),
        (.recordApplied(definition: "d"), "applied web d"), (.forgetApp, "forget web"),
    ])
    func anOperationIsOneCall(operation: Planning.Operation, call: String) async {
        let recorder = Recorder()
        let only = Step(
            id: "s", subject: .instance(app: "web", number: 0), operation: operation, after: [])
        let result = await execute(
            makePlan([only]), named: "digest", with: recorder.executor(), parallelism: 1,
            stop: StopRequest(),
            report: { _ in })
        #expect(result.isComplete)
        #expect(recorder.all == ["intend s", call, "conclude s"])
    }

    @Test func aTasksStatusAndOutputAreTold() async {
        let recorder = Recorder()
        let told = Mutex<[String]>([])
        let console = TaskConsole(
            stop: StopRequest(),
            write: { stream, bytes in
                told.withLock { $0.append("\(stream) \(String(decoding: bytes, as: UTF8.self))") }
            }, ended: { status in told.withLock { $0.append("ended \(status)") } })
        let spec = ContainerSpec(
            name: "t", role: .task, app: "web", imageID: "", volume: "t", memoryBytes: 1,
            processLimit: 1, network: "n", environment: [:], digest: "", command: ["env", "-0"])
        let only = Step(
            id: "s", subject: .task(app: "web", id: "i"), operation: .runTask(spec), after: [])
        let result = await execute(
            makePlan([only]), named: "p", with: recorder.executor(console: console), parallelism: 1,
            stop: StopRequest(), report: { _ in })
        // However the command ends, it was run.
        #expect(result.isComplete)
        #expect(recorder.all == ["intend s", "task t env -0", "conclude s"])
        #expect(told.withLock { $0 } == ["output working", "ended 3"])
    }
}
