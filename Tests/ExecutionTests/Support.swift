import Desired
import Synchronization
import Volumes

@testable import Execution
@testable import Planning

/// A step that touches a container of its own, waiting for others.
func step(_ id: String, after: [String] = [], remedyOf: [String] = []) -> Step {
    Step(
        id: id, subject: .instance(app: "web", number: 0),
        operation: .startContainer(ContainerReference(name: id)), after: after.sorted(),
        remedyOf: remedyOf.sorted())
}

func makePlan(_ steps: [Step]) -> Plan {
    Plan(
        basis: Basis(installation: "test", apps: [], isPartial: false), changes: [], drift: [],
        steps: steps, inSync: [], needsAllowDestroy: false)
}

/// SplitMix64: the same seed gives the same graphs on every machine.
struct Seeded: RandomNumberGenerator {
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

struct Refused: Error, CustomStringConvertible {
    var description: String
}

/// What execution did, in order: `intend x`, `start x`, `conclude x`, `conclude x: why`.
final class Recorder: Sendable {
    private let calls = Mutex<[String]>([])

    var all: [String] { calls.withLock { $0 } }
    func note(_ call: String) { calls.withLock { $0.append(call) } }

    func index(_ call: String) -> Int? { all.firstIndex(of: call) }

    /// An executor whose every effect is noted here, and those in `failing` refused.
    func executor(
        failing: Set<String> = [], console: TaskConsole = .none,
        onStart: @escaping @Sendable (String) -> Void = { _ in }
    ) -> StepExecutor {
        let effects = RecordedEffects(recorder: self, failing: failing, onStart: onStart)
        return StepExecutor(
            containers: effects, programs: RecordedPrograms(effects: effects), files: effects,
            volumes: effects, records: effects, console: console)
    }
}

/// Notes each call as `verb subject`, and refuses those it was told to refuse.
struct RecordedEffects: ContainerEffects, FileEffects, RecordEffects, VolumeStore {
    let recorder: Recorder
    let failing: Set<String>
    let onStart: @Sendable (String) -> Void

    func note(_ call: String) throws {
        recorder.note(call)
        if failing.contains(call) { throw Refused(description: "\(call) was refused") }
    }

    private func noteVolume(_ operation: String, _ name: String) throws(VolumeError) {
        recorder.note("\(operation) \(name)")
        if failing.contains("\(operation) \(name)") {
            throw VolumeError(operation, name, "was refused")
        }
    }

    func createNetwork(_ name: String) async throws { try note("create-network \(name)") }
    func removeNetwork(_ id: String) async throws { try note("remove-network \(id)") }
    func removeImage(_ id: String) async throws { try note("remove-image \(id)") }
    func create(_ spec: ContainerSpec) async throws { try note("create \(spec.name)") }
    func start(_ container: ContainerReference) async throws {
        onStart(container.key)
        // Lets others run in between, as a call to an engine would.
        await Task.yield()
        try note("start \(container.key)")
    }
    func stop(_ container: ContainerReference) async throws { try note("stop \(container.key)") }
    func remove(_ container: ContainerReference) async throws {
        try note("remove \(container.key)")
    }
    func updateLimits(
        _ container: ContainerReference, memoryBytes: Int64, nanoCPUs: Int64
    ) async throws { try note("limits \(container.key) \(memoryBytes) \(nanoCPUs)") }
    func runBuild(
        _ spec: ContainerSpec, timeoutSeconds: Int64, output: @escaping @Sendable (String) -> Void
    ) async throws {
        output("building")
        try note("build \(spec.name) \(timeoutSeconds)")
    }
    func runTask(_ spec: ContainerSpec, _ console: TaskConsole) async throws -> Int {
        try note("task \(spec.name) \(spec.command.joined(separator: " "))")
        console.write(.output, Array("working".utf8))
        return 3
    }
    func writeTask(_ bytes: [UInt8], to volume: String) async throws {
        try note("write-task \(volume)")
    }
    func writeSource(_ source: SourceTree, into volume: String) async throws {
        try note("source \(source.tree) \(volume)")
    }
    func repairLayout(of volume: String) async throws { try note("layout \(volume)") }
    func writeConfiguration(_ bytes: [UInt8], to volume: String) async throws {
        try note("configuration \(volume)")
    }

    func layOutStorage(_ storage: String, beneath volume: String) async throws {
        try note("lay-out \(storage) \(volume)")
    }
    func recordStorage(_ use: StorageUse, of app: String, instance: Int) async throws {
        try note("storage \(app) \(instance) \(use)")
    }
    func recordEnd(of app: String) async throws { try note("end \(app)") }

    func intend(_ step: Step, plan: String) async throws { try note("intend \(step.id)") }
    func conclude(_ step: Step, plan: String, failure: String?) async throws {
        try note("conclude \(step.id)" + (failure.map { ": \($0)" } ?? ""))
    }
    func record(_ release: Release, plan: String, of app: String) async throws {
        let runtime = (release.runtime ?? [:]).map { " \($0) \($1)" }.sorted().joined()
        try note("release \(app) \(release.number) \(plan.count)\(runtime)")
    }
    func recordApplied(_ definition: String, of app: String) async throws {
        try note("applied \(app) \(definition)")
    }
    func recordPin(_ pin: Pin?, of app: String) async throws {
        try note("pin \(app) \(pin?.release ?? 0)")
    }
    func forget(_ app: String) async throws { try note("forget \(app)") }

    func survey(prefix: String) async throws(VolumeError) -> VolumeSurvey {
        VolumeSurvey(
            volumes: [],
            capacity: VolumeCapacity(place: "", totalBytes: 0, usedBytes: 0, virtualBytes: 0))
    }
    func create(_ name: String, limit: Int64) async throws(VolumeError) {
        try noteVolume("create-volume", "\(name) \(limit)")
    }
    func seal(
        _ name: String, folder: String, renamed: String, artifact: String
    ) async throws(VolumeError) {
        try noteVolume("seal", "\(name) \(folder) \(renamed) \(artifact)")
    }
    func read(
        _ path: String, of artifact: String, limit: Int
    ) async throws(VolumeError) -> [UInt8]? {
        try noteVolume("read", "\(artifact) \(path)")
        return Array("node 22.20.0\n".utf8)
    }
    func snapshot(_ origin: String, as name: String, limit: Int64) async throws(VolumeError) {
        try noteVolume("snapshot", "\(origin) \(name) \(limit)")
    }
    func grow(_ name: String, limit: Int64) async throws(VolumeError) {
        try noteVolume("grow", "\(name) \(limit)")
    }
    func rename(_ name: String, to other: String) async throws(VolumeError) {
        try noteVolume("rename", "\(name) \(other)")
    }
    func obstacleToSnapshots() async -> String? { nil }
    func mount(_ name: String) async throws(VolumeError) { try noteVolume("mount", name) }
    func unmount(_ name: String) async throws(VolumeError) { try noteVolume("unmount", name) }
    func remove(_ name: String) async throws(VolumeError) { try noteVolume("remove-volume", name) }
    func trim(_ name: String) async throws(VolumeError) { try noteVolume("trim", name) }
    func mountPoint(of name: String) -> String { "/mounts/\(name)" }
}

/// A type of its own: a program is started and stopped in the same words as a container.
struct RecordedPrograms: ProgramEffects {
    let effects: RecordedEffects

    func update(_ container: ContainerReference) async throws {
        try effects.note("update-program \(container.key)")
    }
    func start(_ container: ContainerReference) async throws {
        try effects.note("start-program \(container.key)")
    }
    func stop(_ container: ContainerReference) async throws {
        try effects.note("stop-program \(container.key)")
    }
    func awaitReady(
        _ container: ContainerReference, volume: String, port: Int, _ check: ReadyCheck
    ) async throws { try effects.note("ready \(container.key) \(volume) \(port)") }
}
