import Desired
import Execution
import Observed
import Planning
import State

// Storages: what each start of a container wrote is followed from volume to volume, so that data
// which is lost, mixed up or shared is seen.

extension World {
    func isStorage(_ name: String) -> Bool {
        switch host.naming.role(ofVolume: name) {
        case .storage, .storageSnapshot, .storageAside: true
        default: false
        }
    }

    /// A container that starts writes to its storage.
    func willWrite(_ box: SimulatedHost.Box) {
        guard let storage = box.storage, let disk = host.disks[storage] else { return }
        let name = box.container.name
        if host.users(of: storage).contains(where: { $0.container.id != box.container.id }) {
            violate("two containers run on \(storage)")
        }
        if !disk.isOwned { violate("\(name) starts on a storage that is not the app's") }
        let known = [written[storage] ?? [], broughtBack[storage] ?? []]
        if !known.contains(disk.data) {
            violate("\(name) starts on \(disk.data), and \(known[0]) was on its storage")
        }
        edits += 1
        let data = disk.data + ["r\(box.container.labels.release ?? 0)#\(edits)"]
        host.disks[storage]?.data = data
        written[storage] = data
        broughtBack[storage] = nil
        claims[storage] = nil
    }

    /// A snapshot of a storage, or a storage made of one.
    func copyStorage(_ origin: String, _ name: String, _ limit: Int64) throws {
        guard let disk = host.disks[origin] else { return }
        if !host.users(of: origin).isEmpty { violate("\(origin) is copied while it is written to") }
        willBecome(name, disk.data)
        var copy = SimulatedHost.Disk(limitBytes: limit)
        copy.data = disk.data
        copy.isOwned = disk.isOwned
        host.disks[name] = copy
        if case .storage? = host.naming.role(ofVolume: name) { broughtBack[name] = disk.data }
    }

    /// What a release left is that release's.
    func willBecome(_ name: String, _ data: [String]) {
        guard
            case .storageSnapshot(let app, let number, let release)? =
                host.naming.role(ofVolume: name)
        else { return }
        let storage = host.naming.volume(.storage(app: app, instance: number))
        // One that was recorded and did not come to its start has written nothing.
        guard !hasForgotten, claims[storage]?.contains(release) != true else { return }
        if data.last?.hasPrefix("r\(release)#") != true {
            violate("\(name) becomes what release \(release) did not leave: \(data)")
        }
    }

    func willRemove(_ name: String) {
        switch host.naming.role(ofVolume: name) {
        case .storage(let app, let number), .storageAside(let app, let number, _):
            requireEnding(name, app, number)
            if case .storage? = host.naming.role(ofVolume: name) {
                written[name] = nil
                claims[name] = nil
            }
        case .storageSnapshot(let app, let number, let release):
            let storage = host.naming.volume(.storage(app: app, instance: number))
            // Another one takes its place.
            let last = host.disks[storage]?.data.last ?? ""
            if last.hasPrefix("r\(release)#") || claims[storage]?.contains(release) == true
                || hasForgotten
            {
                return
            }
            let newest = (try? store.state(of: app))?.releases.map(\.number).max() ?? 0
            if release > newest + 1 - 5 { requireEnding(name, app, number) }
        default: return
        }
    }

    private func requireEnding(_ name: String, _ app: String, _ number: Int) {
        if endingStorage.contains(app) { return }
        let run = desired.first { $0.definition.name == app }?.definition.run
        let isWanted = run.map { $0.storage != nil && number < $0.instances } ?? false
        if pruning.contains(app) && !isWanted { return }
        violate("\(name) is removed, and nobody asked for that")
    }

    /// What data can be brought back, in the order of the names.
    var snapshots: [(app: String, release: Int?)] {
        host.disks.keys.sorted().compactMap { name in
            guard
                case .storageSnapshot(let app, 0, let release)? =
                    host.naming.role(ofVolume: name)
            else { return nil }
            return (app, release)
        }
    }

    /// Instances that serve on a storage and are still to do so; those without a port, since a port
    /// may have to be given up.
    func servingOnStorage() -> Set<String> {
        Set(
            desired.flatMap { app -> [String] in
                let run = app.definition.run
                guard run.storage != nil, run.publish == nil else { return [] }
                return (0..<run.instances).map { "\(app.definition.name)/\($0)" }
            }
        ).intersection(serving.filter { $0.value }.keys)
    }

    /// By `app/instance`, whether its program runs on a storage without a port.
    private var serving: [String: Bool] {
        var found: [String: Bool] = [:]
        for box in host.boxes.values {
            let labels = box.container.labels
            guard let number = labels.instance, !labels.isTransient else { continue }
            let name = "\(labels.app)/\(number)"
            let isServing =
                box.container.status == .running && box.program == .running
                && !box.isBroken && box.container.settings.ports.isEmpty
            found[name] = found[name] == true || (isServing && box.storage != nil)
        }
        return found
    }

    /// A new release that does not get ready takes nobody's place.
    func requireServing(_ before: Set<String>, after purpose: PlanningInput.Purpose) {
        switch purpose {
        case .destroy, .rollback(_, withData: true): return
        default: break
        }
        guard !isCrashed else { return }
        for name in before.sorted() where serving[name] != true {
            let app = String(name.prefix { $0 != "/" })
            guard !stopped.contains(app), !maybeStopped.contains(app) else { continue }
            violate("\(name) served on its storage, and nothing does after an apply")
        }
    }

    /// The data is as that release left it, but for what its start has written.
    func requireDataOfPin(_ app: String) {
        guard let pin = (try? store.state(of: app))?.pin,
            let run = desired.first(where: { $0.definition.name == app })?.definition.run,
            run.storage != nil, !stopped.contains(app), !maybeStopped.contains(app)
        else { return }
        for number in 0..<run.instances {
            let naming = host.naming
            let storage = host.disks[naming.volume(.storage(app: app, instance: number))]
            let role = VolumeRole.storageSnapshot(
                app: app, instance: number, release: pin.release)
            let wanted = host.disks[naming.volume(role)]?.data
            guard let found = storage?.data, Array(found.dropLast()) == wanted else {
                violate("\(app)/\(number) has not the data of release \(pin.release)")
                return
            }
        }
    }

    /// What is not as asked of the storage of an instance; nil if all is.
    func storageFault(_ app: DesiredApp, _ number: Int, _ box: SimulatedHost.Box) -> String? {
        let name = host.naming.volume(.storage(app: app.definition.name, instance: number))
        guard let wanted = app.definition.run.storage else {
            return box.storage == nil ? nil : "it has a storage"
        }
        guard box.storage == name, let disk = host.disks[name] else { return "no storage" }
        if !disk.isMounted { return "its storage is not mounted" }
        if disk.limitBytes != wanted.bytes { return "its storage is not as large" }
        return nil
    }
}
