import Observed

@testable import Planning

extension Model {
    mutating func runContainer(_ step: Step) throws(ModelError) {
        switch step.operation {
        case .createContainer(let spec): try create(spec, step)
        case .runBuild(let spec, _):
            try mounted(spec.volume, step)
            try require(disks[spec.volume]?.hasSource == true, "nothing to build", step)
            try create(spec, step)
            boxes[spec.name] = nil
        case .startContainer(let reference): try start(reference, step)
        case .stopContainer(let reference):
            let name = try find(reference, step)
            try require(boxes[name]?.isUp == true, "does not run", step)
            boxes[name]?.container.status = .exited
        case .removeContainer(let reference):
            let name = try find(reference, step)
            try require(boxes[name]?.isUp == false, "still runs", step)
            boxes[name] = nil
        case .updateLimits(let reference, let memory, let cpus):
            let name = try find(reference, step)
            let box = boxes[name]
            let isInUse = box?.container.status == .running && box?.program == .running
            let isLowered = memory < box?.container.settings.memoryBytes ?? 0
            try require(!(isInUse && isLowered), "the limit is below what is in use", step)
            boxes[name]?.container.settings.memoryBytes = memory
            boxes[name]?.container.settings.nanoCPUs = cpus
        case .updateProgram(let reference):
            let name = try running(reference, step)
            let found = boxes[name].flatMap { disks[$0.volume]?.configuration }
            if boxes[name]?.loaded != found { boxes[name]?.program = .running }
            boxes[name]?.loaded = found
        case .startProgram(let reference):
            // Supervisord says "already started", which is as good.
            boxes[try running(reference, step)]?.program = .running
        case .stopProgram(let reference): boxes[try running(reference, step)]?.program = .stopped
        case .awaitReady(let reference, let volume, _, _):
            let name = try running(reference, step)
            try mounted(volume, step)
            try require(boxes[name]?.volume == volume, "another volume", step)
            try require(boxes[name]?.program == .running, "not ready", step)
        default:
            throw ModelError(description: "\(step.id): not a container's")
        }
    }

    private mutating func create(_ spec: ContainerSpec, _ step: Step) throws(ModelError) {
        try require(boxes[spec.name] == nil, "the name \(spec.name) is taken", step)
        try require(images.contains { $0.id == spec.imageID }, "no such image", step)
        try require(spec.network == "none" || network != nil, "no network", step)
        try mounted(spec.volume, step)
        if let storage = spec.storage { try mounted(storage, step) }
        let container = Container(
            id: newID(), name: spec.name,
            labels: .init(
                app: spec.app, instance: spec.instance, release: spec.release, spec: spec.digest,
                isTransient: spec.role != .run),
            status: .created,
            settings: .init(
                imageID: spec.imageID, memoryBytes: spec.memoryBytes, nanoCPUs: spec.nanoCPUs ?? 0,
                user: ImageStandard.user, hasReadOnlyRoot: true, network: spec.network,
                mounts: spec.mounts, ports: spec.port.map { [$0.description] } ?? []))
        boxes[spec.name] = Box(container: container, volume: spec.volume, storage: spec.storage)
    }

    private mutating func start(
        _ reference: ContainerReference, _ step: Step
    ) throws(ModelError) {
        let name = try find(reference, step)
        guard var box = boxes[name] else { return }
        try require([.created, .exited].contains(box.container.status), "cannot be started", step)
        try require(network != nil, "no network", step)
        try mounted(box.volume, step)
        if let storage = box.storage {
            try mounted(storage, step)
            try require(disks[storage]?.isOwned == true, "the storage is not the app's", step)
            let other = boxes.values.first { $0.isUp && $0.storage == storage }
            try require(other == nil, "\(other?.container.name ?? "") runs on its storage", step)
            disks[storage]?.data.append(box.container.labels.release ?? 0)
        }
        let holder = boxes.values.first { other in
            other.isUp && Self.collide(other.container.settings.ports, box.container.settings.ports)
        }
        try require(holder == nil, "the port is held by \(holder?.container.name ?? "")", step)
        box.container.status = .running
        box.loaded = disks[box.volume]?.configuration
        try require(box.loaded != nil, "no supervisor.conf", step)
        try require(disks[box.volume]?.damagedFolders == [], "no layout", step)
        box.program = .running
        boxes[name] = box
    }

    /// Of ports as settings have them, `host:hostPort:containerPort`.
    private static func collide(_ left: [String], _ right: [String]) -> Bool {
        left.contains { one in
            right.contains { other in
                let (one, other) = (one.split(separator: ":"), other.split(separator: ":"))
                return one[1] == other[1] && overlap(String(one[0]), String(other[0]))
            }
        }
    }

    /// 0.0.0.0 is every address.
    static func overlap(_ left: String, _ right: String) -> Bool {
        left == right || [left, right].contains("0.0.0.0")
    }

    private func find(_ reference: ContainerReference, _ step: Step) throws(ModelError) -> String {
        let found = boxes.values.first { box in
            reference.id.map { $0 == box.container.id } ?? (box.container.name == reference.name)
        }
        guard let found else {
            throw ModelError(description: "\(step.id): no such container: \(reference.key)")
        }
        return found.container.name
    }

    private func running(
        _ reference: ContainerReference, _ step: Step
    ) throws(ModelError) -> String {
        let name = try find(reference, step)
        try require(boxes[name]?.container.status == .running, "\(name) does not run", step)
        return name
    }
}
