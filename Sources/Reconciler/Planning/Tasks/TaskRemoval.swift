import Observed

extension AppPlanner {
    /// Ends the app's one-off commands: those whose process is gone, or all of a destroyed app,
    /// since the world shows no others. Each is ended by itself.
    func endTasks(_ reason: Reason) {
        let ofVolumes = world.volumes(of: app).compactMap { entry in
            if case .task(_, let id) = entry.role { id } else { nil as String? }
        }
        for id in Set(ofVolumes + containers.compactMap(taskID)).sorted() {
            let address = Address.task(app: app, id: id)
            note(address, .delete, reason, [world.naming.task(app: app, id: id)], .none)
            var last: [String] = []
            for container in containers where taskID(of: container) == id {
                last = removeContainer(container, at: address, after: last)
            }
            if let volume = world.volume(.task(app: app, id: id)) {
                last = removeVolume(volume, at: address, after: last)
            }
        }
    }

    /// Nil for a container of anything else. A task's has the name of its volume; an app may be
    /// called 'task', too.
    func taskID(of container: Container) -> String? {
        guard container.labels.isTransient, container.labels.instance == nil,
            case .task(app, let id)? = world.naming.role(ofVolume: container.name)
        else { return nil }
        return id
    }
}
