import Collection
import Desired
import Execution
import FoundationEssentials
import Host
package import Observed
import Planning

extension Installation {
    var applier: Applier {
        Applier(
            installation: file.installation, definitions: self, observer: collector,
            executor: executor(.none), mail: VolumeMail(volumes: volumes), store: store,
            locks: locks, policy: file.policy)
    }

    func executor(_ console: TaskConsole) -> StepExecutor {
        StepExecutor(
            containers: EngineContainers(
                engine: engine, volumes: volumes, installation: file.installation,
                buildLogs: buildLogs),
            programs: SupervisorPrograms(
                engine: engine, volumes: volumes,
                network: Naming(installation: file.installation).network),
            files: VolumeFiles(volumes: volumes) { try repositoryPath($0.repository) },
            volumes: volumes, records: StateRecords(store: store, buildLogs: buildLogs),
            console: console)
    }
}

extension Installation: DefinitionSource {}

extension Collector: HostObserver {
    package func observe() async -> Snapshot { await collect() }
}

/// A saved plan is the document itself; nothing of it is executed: `apply` plans anew and runs
/// only what gives the same digest.
func savePlan(_ plan: Plan, to path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let bytes = Array(try encoder.encode(PlanDocument(plan))) + [0x0A]
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    let folder = parts.dropLast().joined(separator: "/")
    let name = String(parts.last ?? "")
    guard !name.isEmpty else { throw UsageError("--out \(path): names no file") }
    let directory = try Directory(path: folder.isEmpty ? (path.hasPrefix("/") ? "/" : ".") : folder)
    try directory.replaceDurably(name, bytes)
}

func loadPlan(_ path: String) throws -> PlanDocument {
    let bytes = try readHostFile(path, limit: 64 << 20)
    guard let document = try? JSONDecoder().decode(PlanDocument.self, from: Data(bytes)) else {
        throw UsageError("\(path): is not a plan; save one with 'modplan plan --out \(path)'")
    }
    guard document.formatVersion == PlanDocument.version else {
        throw UsageError(
            "\(path): has format version \(document.formatVersion), this modplan knows "
                + "\(PlanDocument.version); plan again")
    }
    return document
}
