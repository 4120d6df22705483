import Observed
import Planning

extension World {
    /// Moves the host under what was applied, as crashes, hands and reboots do.
    func disturb() {
        if taskRandom.happens(oneIn: 4) { disturbTasks() }
        let kind = random.below(16)
        note("by hand: \(kind)")
        switch kind {
        case 0: disturbImage()
        case 1...4: disturbVolume()
        case 5: reboot()
        case 6:
            stateFiles.clear()
            hasLostLedger = true
        case 7 where random.happens(oneIn: 3):
            stateFiles.clear()
            recordFiles.clear()
            hasForgotten = true
            maybeStopped.formUnion(stopped)
            stopped = []
        case 8: if !host.boxes.values.contains(where: \.isUp) { host.networks = [] }
        default: disturbContainer()
        }
    }

    private func disturbContainer() {
        guard let id = random.pick(host.boxes.keys.sorted()), let box = host.boxes[id] else {
            return
        }
        switch random.below(12) {
        case 0, 1:
            host.boxes[id]?.container.status = .exited
            host.boxes[id]?.program = .stopped
        case 2 where box.isUp: host.boxes[id]?.container.status = .paused
        case 3: host.boxes[id]?.container.status = .dead
        case 4: host.boxes[id] = nil
        case 5 where box.container.status == .running,
            6 where box.container.status == .running:
            host.boxes[id]?.program = [.fatal, .exited, .stopped][random.below(3)]
        case 7: host.boxes[id]?.container.settings.memoryBytes = 100 << 20
        case 8: host.boxes[id]?.container.settings.nanoCPUs = 1
        case 9: host.boxes[id]?.container.settings.user = "0:0"
        case 10: host.boxes[id]?.container.settings.network = "bridge"
        default: crash(box)
        }
    }

    /// The app dies and supervisord starts it anew; navi tells.
    private func crash(_ box: SimulatedHost.Box) {
        guard box.container.status == .running, host.disks[box.volume]?.isMounted == true,
            case .run = host.naming.role(ofVolume: box.volume)
        else { return }
        edits += 1
        let file = "\(edits).json"
        host.disks[box.volume]?.notifications.append(
            Observed.Notification(
                file: file, kind: .crash, process: "app", end: .signal(9),
                at: "2026-11-23T14:02:05Z", from: "RUNNING"))
        emitted[file] = box.volume
    }

    /// A hand that comes in the way of one effect: on the very volume, if it is about one.
    func disturb(at effect: String) {
        guard let name = effect.split(separator: " ").last.map(String.init),
            host.naming.role(ofVolume: name) != nil, host.disks[name] != nil
        else { return disturb() }
        note("by hand: \(name)")
        disturbVolume(name)
    }

    private func disturbVolume() {
        let ours = host.disks.keys.filter { host.naming.role(ofVolume: $0) != nil }.sorted()
        guard let name = random.pick(ours) else { return }
        disturbVolume(name)
    }

    private func disturbVolume(_ name: String) {
        guard let disk = host.disks[name] else { return }
        let users = host.users(of: name)
        switch random.below(5) {
        case 0: if disk.configuration != nil { host.disks[name]?.configuration? += [0x3B, 0x0A] }
        case 1 where users.isEmpty || disk.content == .app:
            host.disks[name]?.damagedFolders = ["log"]
        case 2 where users.isEmpty || users.allSatisfy { $0.program == .running }:
            host.disks[name]?.isMounted = false
        // Nobody removes data by hand.
        case 3 where users.isEmpty && !disk.isMounted && !isStorage(name):
            host.disks[name] = nil
            loseMail(of: name)
        // Somebody looks into it.
        case 4 where users.isEmpty: host.disks[name]?.isMounted = true
        default: break
        }
    }

    /// A newer image takes over the name, built from the same or from something else.
    func disturbImage() {
        let named = host.images.indices.filter { host.images[$0].name != nil }
        guard let index = random.pick(Array(named)) else { return }
        let old = host.images[index]
        host.images[index].name = nil
        host.images[index].isTagged = false
        let id = host.newID("image")
        let isSame = random.happens(oneIn: 2)
        host.images.append(
            Image(
                id: id, name: old.name, inputDigest: isSame ? old.inputDigest : "input-\(id)",
                builtBy: host.naming.installation, parent: ""))
    }

    private func reboot() {
        restartEngine()
        living = []
        for name in host.disks.keys where host.naming.role(ofVolume: name) != nil {
            host.disks[name]?.isMounted = false
        }
    }
}
