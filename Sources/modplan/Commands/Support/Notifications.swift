import Desired
import Host
import Observed
import Planning
import State
import Volumes

extension Installation {
    private typealias Found = (app: String, instance: Int, volume: String, Observed.Notification)

    private func notifications(_ input: PlanningInput) -> [Found] {
        let naming = Naming(installation: file.installation)
        return (input.observed.volumes.value ?? []).flatMap { volume -> [Found] in
            guard case .run(let app, let instance, _) = naming.role(ofVolume: volume.name),
                input.selection?.contains(app) ?? true,
                case .read(let contents)? = volume.contents
            else { return [] }
            return contents.notifications.map { (app, instance, volume.name, $0) }
        }
    }

    func appsWithNotifications(_ input: PlanningInput) -> Set<String> {
        Set(notifications(input).map(\.app))
    }

    /// Counts what navi reported and removes the files. Counted first and durably: dying in
    /// between leaves a file that is known, and is not counted again.
    func consumeNotifications(_ input: PlanningInput) async throws {
        for (app, found) in Dictionary(grouping: notifications(input), by: \.app) {
            try store.count(
                found.map { _, instance, _, notification in
                    Ledger.Event(
                        file: notification.file, instance: instance,
                        kind: notification.driftKind.rawValue, at: notification.at,
                        counts: !notification.isFatal)
                }, of: app)
            for (_, _, volume, notification) in found {
                let root = try Directory(path: volumes.mountPoint(of: volume))
                try root.directory("notifications").removeTree(notification.file)
            }
        }
    }
}
