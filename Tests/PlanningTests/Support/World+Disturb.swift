import Observed

@testable import Planning

extension GeneratedWorld {
    /// Moves the host under what was applied, as crashes, hands and reboots do.
    mutating func disturb() {
        for _ in 0..<Int.random(in: 0...3, using: &random) {
            let name = random.pick(model.boxes.keys.sorted())
            switch Int.random(in: 0..<8, using: &random) {
            case 0: disturbImages()
            case 1: disturbVolumes()
            case 2 where random.happens(oneIn: 3): reboot()
            case 3 where random.happens(oneIn: 3):
                if let app = random.pick(Self.names) { model.states[app] = nil }
            case 4 where random.happens(oneIn: 5): model.states = [:]
            case 4:
                if !model.boxes.values.contains(where: \.isUp) { model.network = nil }
            default: if let name { disturbContainer(name) }
            }
        }
    }

    private mutating func disturbContainer(_ name: String) {
        guard let box = model.boxes[name] else { return }
        switch Int.random(in: 0..<12, using: &random) {
        case 0, 1: model.boxes[name]?.container.status = .exited
        case 2 where box.isUp: model.boxes[name]?.container.status = .paused
        case 3: model.boxes[name]?.container.status = .dead
        case 4, 5: model.boxes[name] = nil
        // While its volume is not mounted, nobody can say how the program fares.
        case 6,
            7 where model.disks[box.volume]?.isMounted == true:
            model.boxes[name]?.program = random.pick([.fatal, .exited, .stopped]) ?? .fatal
        case 8: model.boxes[name]?.container.settings.memoryBytes = 100 << 20
        case 9: model.boxes[name]?.container.settings.nanoCPUs = 1
        case 10: model.boxes[name]?.container.settings.user = "0:0"
        default: model.boxes[name]?.container.settings.network = "bridge"
        }
    }

    private mutating func disturbVolumes() {
        guard let name = random.pick(model.disks.keys.sorted()) else { return }
        let user = model.boxes.values.first {
            [$0.volume, $0.storage].contains(name) && $0.isUp
        }
        switch Int.random(in: 0..<6, using: &random) {
        case 0: model.disks[name]?.configuration? += Array("; \(Self.marker)\n".utf8)
        case 1: model.disks[name]?.damagedFolders = ["log"]
        case 2 where user == nil || user?.program == .running:
            model.disks[name]?.isMounted = false
        case 3 where user == nil: model.disks[name] = nil
        case 4:
            model.disks[name]?.notifications.append(
                Observed.Notification(
                    file: "1.json", kind: .crash, process: "app", end: .signal(9),
                    at: "2026-11-23T14:02:05Z", from: "RUNNING"))
        default:
            model.disks["other.run.web.0.r1"] = Model.Disk(limitBytes: 1)
            model.disks["test.notes"] = Model.Disk(limitBytes: 1, isMounted: true)
        }
    }

    /// A newer image takes over the name, built from the same or from something else.
    private mutating func disturbImages() {
        guard
            let index = model.images.indices.filter({ model.images[$0].name != nil })
                .randomElement(using: &random)
        else { return }
        let old = model.images[index]
        model.images[index].name = nil
        let isSame = Bool.random(using: &random)
        let id = model.newID()
        model.images.append(
            Image(id: id, name: old.name, inputDigest: isSame ? old.inputDigest : "input-\(id)"))
    }

    private mutating func reboot() {
        for name in model.boxes.keys where model.boxes[name]?.isUp == true {
            model.boxes[name]?.container.status = .exited
        }
        for name in model.disks.keys { model.disks[name]?.isMounted = false }
    }

    /// Carries out a plan in some order that its dependencies allow, and dies after so many steps.
    mutating func apply(_ plan: Plan, dyingAfter limit: Int = .max) throws {
        // What is for a failure is left out where there is none.
        var waiting = plan.steps.filter(\.remedyOf.isEmpty)
        var done: Set<String> = []
        while !waiting.isEmpty, done.count < limit {
            let ready = waiting.indices.filter { done.isSuperset(of: waiting[$0].after) }
            guard let index = ready.randomElement(using: &random) else {
                throw ModelError(description: "no step is ready: \(waiting.map(\.id))")
            }
            let step = waiting.remove(at: index)
            try model.run(step)
            done.insert(step.id)
        }
    }
}
