import Desired
import Observed
import Testing

@testable import Planning

/// What `run` takes over from the app, and when there is nothing to take over.
@Suite struct TaskPlanTests {
    private let naming = Naming(installation: "test")
    private let request = TaskRequest(app: "web", id: "5e1f", command: ["env", "-0"])

    private func release(_ number: Int) -> Release {
        Release(
            number: number, commit: "c", subject: "s", tree: "t", artifact: "key\(number)",
            buildImage: "b", runImage: "r")
    }

    private func container(
        _ release: Int, _ state: Program.State?, instance: Int? = 0
    ) -> Container {
        Container(
            id: "id\(release)", name: "c\(release)",
            labels: .init(
                app: "web", instance: instance, release: release, spec: "",
                isTransient: instance == nil),
            status: state == nil ? .exited : .running,
            settings: .init(
                imageID: "sha256:of-\(release)", memoryBytes: Int64(release) << 27,
                nanoCPUs: 250_000_000, user: "441:444", hasReadOnlyRoot: true, network: "n",
                mounts: [], ports: []), program: state.map { .read(Program(state: $0)) })
    }

    private func input(
        _ containers: [Container], releases: [Int] = [1, 2], artifacts: [Int] = [1, 2],
        isDefined: Bool = true
    ) throws -> TaskInput {
        let volumes = artifacts.map {
            Volume(
                name: naming.volume(.artifact(key: "key\($0)")), limitBytes: 1, usedBytes: 1,
                isMounted: false)
        }
        let runs = containers.compactMap { container -> Volume? in
            guard let release = container.labels.release else { return nil }
            let configuration = InstanceConfiguration(
                app: "web", instance: 0, port: 9000 + release, environment: ["OF": "\(release)"])
            return Volume(
                name: naming.volume(.run(app: "web", instance: 0, release: release)),
                limitBytes: 77, usedBytes: 1, isMounted: true,
                contents: .read(
                    RunVolumeContents(
                        configuration: configuration.rendered, damagedFolders: [],
                        notifications: [])))
        }
        let text = "app: web\nlanguage: node\nrun: {environment: {OF: git}, port: 1234}\n"
        let definition = try validate(files: [("web.yaml", Array(text.utf8))]).get().first
        return TaskInput(
            installation: "test",
            observed: Snapshot(
                engine: .read(
                    Engine(
                        containers: containers,
                        images: [Image(id: "sha256:git", name: "run-node", inputDigest: "r")],
                        network: Network(id: "n", name: "modplan-test"))),
                volumes: .read(volumes + runs)),
            state: AppState(app: "web", releases: releases.map(release)),
            definition: isDefined ? definition : nil)
    }

    private func spec(_ plan: TaskPlan) throws -> ContainerSpec {
        guard case .runTask(let spec)? = plan.run.steps.last?.operation else {
            throw FixtureError("no command is run")
        }
        return spec
    }

    private func configuration(_ plan: TaskPlan) -> TaskConfiguration? {
        for step in plan.run.steps {
            if case .writeTask(_, let configuration) = step.operation { return configuration }
        }
        return nil
    }

    @Test func itTakesNoRoomThatIsNotThere() throws {
        var input = try input([container(1, .running)])
        input.observed.capacity = Capacity(
            place: "the thin pool vg0/pool", totalBytes: 1000, usedBytes: 10, promisedBytes: 900)
        input.policy.overcommitPercent = 100
        _ = try planTask(request, input)
        input.policy.overcommitPercent = 95
        let error = #expect(throws: TaskError.self) { try planTask(request, input) }
        #expect(error?.description.hasPrefix("web: no room: it takes 77 B more, and 900 B") == true)
    }

    @Test func aTaskIsAsTheAppThatRuns() throws {
        // A newer release was never ready.
        let plan = try planTask(
            request, try input([container(2, .fatal), container(1, .running)]))
        let spec = try spec(plan)
        #expect(plan.release == 1 && spec.imageID == "sha256:of-1")
        #expect(spec.memoryBytes == 1 << 27 && spec.nanoCPUs == 250_000_000)
        #expect(spec.port == nil && spec.environment.isEmpty && spec.network == "modplan-test")
        #expect(spec.command == ["sh", "/mnt/task.sh", "env", "-0"])
        #expect(configuration(plan)?.environment == ["OF": "1"])
        #expect(configuration(plan)?.port == 9001)
        guard case .snapshotVolume(let origin, let name, 77) = plan.run.steps[0].operation else {
            throw FixtureError("no copy: \(plan.run.steps)")
        }
        #expect(origin == "test.artifact.key1" && name == "test.task.web.5e1f")
        #expect(name == spec.name && name == spec.volume)
        #expect(naming.role(ofVolume: name) == .task(app: "web", id: "5e1f"))
        #expect(
            plan.end.steps.map(\.operation.kind) == [
                "remove-container", "unmount-volume", "remove-volume",
            ])
    }

    @Test func theDefinitionSpeaksWhereNoContainerDoes() throws {
        let plan = try planTask(request, try input([]))
        #expect(plan.release == 2)
        #expect(try spec(plan).imageID == "sha256:git")
        #expect(configuration(plan)?.environment == ["OF": "git"])
        // A build of the app, or another command, is no instance of it.
        let other = try planTask(request, try input([container(1, .running, instance: nil)]))
        #expect(other.release == 2)
    }

    @Test func whatIsMissingIsNamed() throws {
        #expect(throws: TaskError.neverDeployed("web")) {
            try planTask(request, try input([], releases: []))
        }
        #expect(throws: TaskError.unrecorded("web", release: 3)) {
            try planTask(request, try input([container(3, .running)]))
        }
        #expect(throws: TaskError.artifactGone("web", release: 2)) {
            try planTask(request, try input([], artifacts: [1]))
        }
        #expect(throws: TaskError.unknownSettings("web")) {
            try planTask(request, try input([], isDefined: false))
        }
        var blind = try input([])
        blind.observed.engine = .unavailable("down")
        #expect(throws: TaskError.unobservable("down")) { try planTask(request, blind) }
    }

    @Test func noValueOfTheEnvironmentIsInThePlansTextOrScript() throws {
        let value = "a'b\"c $(reboot) `x`\n;"
        let configuration = TaskConfiguration(
            app: "web", id: "5e1f", port: 1, environment: ["KEY": value])
        let script = String(decoding: configuration.rendered, as: UTF8.self)
        #expect(!script.contains("reboot") && !script.contains("KEY"))
        #expect(
            script.contains("NAVI_ENVIRONMENT=\(InstanceConfiguration.encoded(["KEY": value]))\n"))
    }
}
