import Desired
import Observed

@testable import Planning

extension GeneratedWorld {
    /// Looks at the host itself, without the planner's own idea of what differs.
    func requireAsAskedFor() throws {
        var expected: Set<String> = []
        for app in desired {
            let run = app.definition.run
            for number in 0..<run.instances {
                let name = "\(app.definition.name)/\(number)"
                let boxes = model.boxes.values.filter {
                    $0.container.labels.app == app.definition.name
                        && $0.container.labels.instance == number
                }
                guard let box = boxes.first, boxes.count == 1 else {
                    throw ModelError(description: "\(name) has \(boxes.count) containers")
                }
                expected.insert(box.volume)
                let wanted = InstanceConfiguration(
                    app: app.definition.name, instance: number, port: run.port,
                    environment: run.environment)
                if let storage = box.storage { expected.insert(storage) }
                let settings = box.container.settings
                let port = run.publish.map { "\($0.host):\($0.port + number):\(run.port)" }
                let image = model.images.first { $0.id == settings.imageID }
                let newest = model.images.first { $0.name == app.definition.runImage }
                let facts: [(String, Bool)] = [
                    ("runs", box.container.status == .running && box.program == .running),
                    ("is configured", box.loaded == wanted.rendered),
                    ("has its memory", settings.memoryBytes == run.memory.bytes),
                    ("has its cpus", settings.nanoCPUs == Int64(run.millicpus) * 1_000_000),
                    ("has its port", settings.ports == (port.map { [$0] } ?? [])),
                    ("is of the run image", image?.inputDigest == newest?.inputDigest),
                    ("is mop's", settings.user == "441:444"),
                    ("is as large", model.disks[box.volume]?.limitBytes == run.volume.bytes),
                    ("has a storage as asked", storageIsAsAsked(box, run.storage)),
                    ("has its volume", model.disks[box.volume]?.isMounted == true),
                ]
                for (fact, isSo) in facts where !isSo {
                    throw ModelError(description: "not so: \(name) \(fact): \(box)")
                }
            }
        }
        let left = model.disks.keys.filter { name in
            switch model.naming.role(ofVolume: name) {
            case .run, .build, .task: !expected.contains(name)
            case .artifact, .storage, .storageSnapshot, .storageAside, nil: false
            }
        }
        guard left.isEmpty else { throw ModelError(description: "left over: \(left.sorted())") }
        let gone = model.boxes.values.filter { box in
            !desired.contains { $0.definition.name == box.container.labels.app }
        }
        guard gone.isEmpty else { throw ModelError(description: "left over: \(gone)") }
    }

    private func storageIsAsAsked(_ box: Model.Box, _ wanted: ByteCount?) -> Bool {
        guard let wanted else { return box.storage == nil }
        guard let disk = box.storage.flatMap({ model.disks[$0] }) else { return false }
        return disk.isMounted && disk.limitBytes == wanted.bytes
            && disk.data.last == box.container.labels.release
    }
}
