import Observed
import Planning
import State

// One-off commands, as far as an apply meets them: what they have on the host, and the lock that
// tells that their process lives.

extension World {
    /// A command starts, ends as it should, or dies and leaves what it had.
    func disturbTasks() {
        let there = host.disks.keys.filter {
            if case .task? = host.naming.role(ofVolume: $0) { true } else { false }
        }.sorted()
        if let name = taskRandom.pick(there), taskRandom.happens(oneIn: 2) {
            guard living.contains(name) else { return }
            if taskRandom.happens(oneIn: 2) { endTask(name) }
            living.remove(name)
            note("task \(name) ends")
        } else {
            startTask()
        }
    }

    private func startTask() {
        guard let app = taskRandom.pick(Self.names),
            let release = (try? store.state(of: app))?.releases.last,
            host.disks[host.naming.volume(.artifact(key: release.artifact))] != nil
        else { return }
        tasks += 1
        let name = host.naming.task(app: app, id: "\(tasks)")
        note("task \(name) starts")
        living.insert(name)
        host.disks[name] = .init(limitBytes: 1 << 30, content: .app, isMounted: true)
        // It may not have come to its container yet.
        guard taskRandom.happens(oneIn: 2), let image = host.images.first else { return }
        let id = "task-box-\(tasks)"
        let container = Container(
            id: id, name: name,
            labels: .init(
                app: app, instance: nil, release: release.number, spec: "task", isTransient: true),
            status: taskRandom.happens(oneIn: 2) ? .running : .exited,
            settings: .init(
                imageID: image.id, memoryBytes: 1, nanoCPUs: 1, user: ImageStandard.user,
                hasReadOnlyRoot: true, network: host.naming.network, mounts: ["\(name):/mnt"],
                ports: []))
        host.boxes[id] = .init(container: container, volume: name, isBroken: false)
    }

    private func endTask(_ name: String) {
        for box in host.boxes.values where box.container.name == name {
            host.boxes[box.container.id] = nil
        }
        host.disks[name] = nil
    }

    /// Nothing of a task whose process lives is touched, but by the end of its app.
    func requireDead(_ name: String, of app: String) {
        if living.contains(name) && !ending.contains(app) {
            violate("\(name) is ended, and its process lives")
        }
    }
}
