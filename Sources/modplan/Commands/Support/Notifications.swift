import Desired
import Execution
import Host
import Observed
import Planning
import State
import Volumes

extension Installation {
    /// What lies in the notifications folder of one mounted run volume.
    private struct Mailbox {
        var app: String
        var instance: Int
        var volume: String
        var contents: RunVolumeContents

        var isEmpty: Bool { contents.notifications.isEmpty && contents.strangers.isEmpty }
    }

    private func mailboxes(_ input: PlanningInput) -> [Mailbox] {
        let naming = Naming(installation: file.installation)
        return (input.observed.volumes.value ?? []).compactMap { volume -> Mailbox? in
            guard case .run(let app, let instance, _) = naming.role(ofVolume: volume.name),
                input.selection?.contains(app) ?? true,
                case .read(let contents)? = volume.contents
            else { return nil }
            return Mailbox(app: app, instance: instance, volume: volume.name, contents: contents)
        }.filter { !$0.isEmpty }
    }

    func appsWithNotifications(_ input: PlanningInput) -> Set<String> {
        Set(mailboxes(input).map(\.app))
    }

    /// Counts what navi reported to these apps, removes the files, and sets aside what is none of
    /// navi's. Counted first and durably: dying in between leaves a file that is known, and is not
    /// counted again. One app's trouble is said and keeps nobody else's apply.
    func consumeNotifications(_ input: PlanningInput, of apps: Set<String>) throws {
        let mounted = try mountPoints()
        for (app, boxes) in Dictionary(grouping: mailboxes(input), by: \.app)
        where apps.contains(app) {
            let events = boxes.flatMap { box in
                box.contents.notifications.map { notification in
                    Ledger.Event(
                        file: notification.file, instance: box.instance,
                        kind: notification.driftKind.rawValue, at: notification.at,
                        counts: !notification.isFatal)
                }
            }
            if !events.isEmpty { try store.count(events, of: app) }
            for box in boxes where mounted.contains(volumes.mountPoint(of: box.volume)) {
                do {
                    try clear(box)
                } catch {
                    let words = printable("\(error)".utf8)
                    Output.chatter("modplan: warning: \(app)/\(box.instance): \(words)")
                }
            }
        }
    }

    private func clear(_ box: Mailbox) throws {
        let folder = try Directory(path: volumes.mountPoint(of: box.volume))
            .directory("notifications")
        for notification in box.contents.notifications {
            try folder.removeFile(notification.file)
        }
        guard !box.contents.strangers.isEmpty else { return }
        let aside = RunVolumeContents.strangersFolder
        try folder.makeDirectory(
            aside, owner: Owner(user: ImageStandard.userID, group: ImageStandard.groupID))
        let bad = try folder.directory(aside)
        for name in box.contents.strangers { try folder.move(name, into: bad) }
        Output.chatter(
            "modplan: warning: \(box.app)/\(box.instance): notifications held "
                + "\(box.contents.strangers.count) entries that are none of navi's; they are in "
                + "notifications/\(aside) now")
    }
}
