import Desired
import Observed

extension AppPlanner {
    /// Shows what navi reported and nobody counted yet. What supervisord healed at once is drift
    /// without a step.
    func noteNotifications() {
        let ledger = world.input.ledgers[app] ?? Ledger()
        var groups: [Address: [Drift.Kind: [Notification]]] = [:]
        for (role, volume) in volumesOnHost {
            guard case .run(_, let number, _) = role,
                case .read(let contents)? = volume.contents
            else { continue }
            for notification in contents.notifications
            where !ledger.hasCounted(notification.file, instance: number) {
                groups[.instance(app: app, number: number), default: [:]][
                    notification.driftKind, default: []
                ].append(notification)
            }
        }
        for (address, kinds) in groups {
            for (kind, notifications) in kinds {
                let sorted = notifications.sorted { $0.file < $1.file }
                let isUp = isUp(address)
                noteDrift(
                    address, kind, evidence(kind, sorted, isUp: isUp), hasStep: false,
                    isHealed: isUp)
            }
        }
    }

    private func isUp(_ address: Address) -> Bool {
        guard case .instance(_, let number) = address else { return false }
        return containers.contains { container in
            container.labels.instance == number && !container.labels.isTransient
                && container.status == .running
                && [.running, .starting].contains(container.program?.value?.state)
        }
    }

    private func evidence(
        _ kind: Drift.Kind, _ notifications: [Notification], isUp: Bool
    ) -> String {
        guard let first = notifications.first, let last = notifications.last else { return "" }
        let count = notifications.count > 1 ? " ×\(notifications.count)" : ""
        let since = notifications.count > 1 ? "since" : "at"
        var details: [String] = []
        switch last.end {
        case .exitStatus(let status)?: details.append("exit status \(status)")
        case .signal(let signal)?: details.append("signal \(signal)")
        case nil: break
        }
        if kind == .outOfMemory {
            details =
                [("limit", last.limitBytes), ("peak", last.peakBytes)].compactMap { name, bytes in
                    bytes.map { "\(name) \(ByteCount(bytes: $0).rounded)" }
                } + details
        }
        let end = details.isEmpty ? "" : " (\(details.joined(separator: ", ")))"
        return "\(kind.rawValue)\(count) \(since) \(first.at)\(end)\(isUp ? ", recovered" : "")"
    }
}

extension Notification {
    package var driftKind: Drift.Kind {
        switch (kind, isFatal) {
        case (.outOfMemory, _): .outOfMemory
        case (.crash, true): .gaveUp
        case (.crash, false): .crash
        }
    }
}
