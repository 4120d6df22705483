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

    /// Counts what navi reported to these apps and removes the files. Counted first and durably:
    /// dying in between leaves a file that is known, and is not counted again. One app's trouble is
    /// said and keeps nobody else's apply.
    func consumeNotifications(_ input: PlanningInput, of apps: Set<String>) throws {
        let mounted = try mountPoints()
        for (app, found) in Dictionary(grouping: notifications(input), by: \.app)
        where apps.contains(app) {
            try store.count(
                found.map { _, instance, _, notification in
                    Ledger.Event(
                        file: notification.file, instance: instance,
                        kind: notification.driftKind.rawValue, at: notification.at,
                        counts: !notification.isFatal)
                }, of: app)
            for (_, _, volume, notification) in found {
                let path = volumes.mountPoint(of: volume)
                guard mounted.contains(path) else { continue }
                do {
                    try Directory(path: path).directory("notifications")
                        .removeFile(notification.file)
                } catch {
                    Output.chatter("modplan: warning: \(error)")
                }
            }
        }
    }
}
