import Observed
import Planning
import State

extension Applier {
    /// What lies in the notifications folder of one mounted run volume.
    private struct Mailbox {
        var app: String
        var instance: Int
        var volume: String
        var contents: RunVolumeContents

        var isEmpty: Bool { contents.notifications.isEmpty && contents.strangers.isEmpty }
    }

    private func mailboxes(_ input: PlanningInput) -> [Mailbox] {
        let naming = Naming(installation: installation)
        return (input.observed.volumes.value ?? []).compactMap { volume -> Mailbox? in
            guard case .run(let app, let instance, _) = naming.role(ofVolume: volume.name),
                input.selection?.contains(app) ?? true, input.unreadable[app] == nil,
                case .read(let contents)? = volume.contents
            else { return nil }
            return Mailbox(app: app, instance: instance, volume: volume.name, contents: contents)
        }.filter { !$0.isEmpty }
    }

    func appsWithMail(_ input: PlanningInput) -> Set<String> { Set(mailboxes(input).map(\.app)) }

    /// Counts what navi reported to these apps, removes the files, and sets aside what is none of
    /// navi's. Counted first and durably: dying in between leaves a file that is known, and is not
    /// counted again. One app's trouble is said and keeps nobody else's apply.
    func countMail(
        _ input: PlanningInput, of apps: Set<String>, warn: (String) -> Void
    ) async throws {
        let boxes = Dictionary(grouping: mailboxes(input), by: \.app)
        for (app, boxes) in boxes.sorted(by: { $0.key < $1.key }) where apps.contains(app) {
            let events = boxes.flatMap { box in
                box.contents.notifications.map { notification in
                    Ledger.Event(
                        file: notification.file, instance: box.instance,
                        kind: notification.driftKind.rawValue, at: notification.at,
                        counts: !notification.isFatal, end: notification.end)
                }
            }
            if !events.isEmpty { try store.count(events, of: app) }
            for box in boxes {
                do {
                    try await mail.clear(
                        box.contents.notifications.map(\.file), aside: box.contents.strangers,
                        on: box.volume)
                    if !box.contents.strangers.isEmpty {
                        warn(
                            "\(app)/\(box.instance): notifications held "
                                + "\(box.contents.strangers.count) entries that are none of "
                                + "navi's; they are in notifications/"
                                + "\(RunVolumeContents.strangersFolder) now")
                    }
                } catch {
                    warn("\(app)/\(box.instance): \(printable("\(error)".utf8))")
                }
            }
        }
    }
}
