import Desired

extension Plan {
    /// Resources that the world moved, each counted once.
    package var driftCount: Int { Set(drift.map(\.address)).count }

    package var changeCount: Int { changes.count { !$0.isDrift && $0.action != .hold } }

    /// Apps, and what they share, that are left as they are: stopped by an operator, refused, or in
    /// use by another command.
    package var heldCount: Int {
        let reasons: Set<Reason> = [.stopped, .refused, .noRoom, .inUse]
        return Set(
            changes.filter { $0.action == .hold && reasons.contains($0.reason) }
                .map { $0.address.app ?? "\($0.address)" }
        ).count
    }

    /// The plan as people read it.
    package var text: String { PlanDocument(self).text }
}

extension PlanDocument {
    /// The plan as people read it: a line a change, aligned, and a summary. Rendered from the
    /// document, so that a saved plan reads as it did when it was made.
    package var text: String {
        var rows: [(address: Address?, cells: [String])] = []
        for change in changes {
            let address = Address(change.address)
            rows.append((address, change.cells(labelled: address?.label ?? change.address)))
        }
        for item in drift {
            let address = Address(item.address)
            let label = address?.label ?? item.address
            rows.append((address, ["!", label, "drift", item.evidence, ""]))
        }
        // Stable: an address's changes stay before its drift.
        let ordered = rows.enumerated().sorted { left, right in
            guard left.element.address != right.element.address else {
                return left.offset < right.offset
            }
            // A later modplan's address comes last.
            guard let first = left.element.address else { return false }
            guard let second = right.element.address else { return true }
            return first < second
        }
        var table = ordered.map(\.element.cells)
        table += inSync.map { ["=", $0, "in sync", "", ""] }
        table += (warnings ?? []).map { ["!", "storage", "warning", $0, ""] }
        // The document may have come from anywhere.
        return aligned(table.map { $0.map(printable) }) + (prunes ? pruneLine : summaryLine) + "\n"
    }

    private var pruneLine: String {
        let ends = changes.filter { $0.action == Action.delete.rawValue }
        let left = changes.count - ends.count
        let trims = steps.count { $0.kind == Operation.trimVolume(name: "").kind }
        var parts = ["\(ends.count) to remove, \(sizeText(ends.compactMap(\.bytes).reduce(0, +)))"]
        if left > 0 { parts.append("\(left) left alone") }
        if trims > 0 { parts.append("\(trims) \(trims == 1 ? "volume" : "volumes") to trim") }
        let count = "\(steps.count) \(steps.count == 1 ? "step" : "steps")"
        return "Prune: \(parts.joined(separator: ", ")). \(count)."
    }

    private var summaryLine: String {
        var parts: [String] = []
        parts.append("\(summary.changes) \(summary.changes == 1 ? "change" : "changes")")
        parts.append("\(summary.drift) drift")
        if summary.held > 0 { parts.append("\(summary.held) held") }
        parts.append("\(summary.inSync) in sync")
        let steps = "\(summary.steps) \(summary.steps == 1 ? "step" : "steps")"
        let partial = basis.partial ? " Partial: only the apps that were named." : ""
        return "Plan: \(parts.joined(separator: ", ")). \(steps).\(partial)"
    }
}

extension PlanDocument.Change {
    fileprivate func cells(labelled label: String) -> [String] {
        let glyph = Action(rawValue: action)?.glyph ?? "?"
        let size = bytes.map { " (\(sizeText($0)))" } ?? ""
        return [String(glyph), label, action, explanation + size, disruption]
    }

    private var isOfTask: Bool {
        if case .task? = Address(address) { true } else { false }
    }

    /// The reason and what caused it, in words: `run.environment: GREETING changed`.
    package var explanation: String {
        let causes = fields.joined(separator: ", ")
        let words = Reason(rawValue: reason)?.words ?? reason
        return switch Reason(rawValue: reason) {
        case .environmentChanged, .settingsChanged: "\(causes) changed"
        case .sourceChanged: "\(words) \(causes)"
        case .refused: causes
        case .leftover where isOfTask: "left by an interrupted run: \(causes)"
        case .pinned: "\(words) to \(causes)"
        case .superseded: "\(causes), \(words)"
        case .stopped: "\(words) by \(causes), until 'modplan start'"
        case .noRoom: evidence ?? words
        default: fields.isEmpty ? words : "\(words): \(causes)"
        }
    }
}

extension Reason {
    var words: String {
        switch self {
        case .appAdded: "new app"
        case .appRemoved: "gone from git"
        case .scaledUp: "more instances"
        case .scaledDown: "fewer instances"
        case .sourceChanged: "source changed"
        case .buildImageChanged: "build image changed"
        case .buildSettingsChanged: "build settings changed"
        case .artifactMissing: "artifact is missing"
        case .runImageChanged: "run image changed"
        case .environmentChanged: "environment changed"
        case .settingsChanged: "settings changed"
        case .limitsChanged: "limits"
        case .containerMissing: "container is missing"
        case .containerStopped: "container does not run"
        case .containerDiffers: "container is not as it was made"
        case .programStopped: "program does not run"
        case .volumeUnmounted: "volume is not mounted"
        case .layoutDamaged: "layout is damaged"
        case .configurationEdited: "edited by hand"
        case .leftover: "left by an interrupted apply"
        case .unsettled: "the last apply did not see it ready"
        case .destroyed: "destroy was asked for"
        case .stopped: "stopped"
        case .restartRequested: "restart was asked for"
        case .rolledBack: "rolled back"
        case .pinned: "pinned"
        case .unpinned: "no longer pinned"
        case .volumeGrown: "grown"
        case .storageAdded: "new storage"
        case .storageMissing: "storage is missing, an empty one takes its place"
        case .storageTakenUp: "kept storage is taken up again"
        case .orphaned: "no instance has it"
        case .snapshotTaken: "snapshot"
        case .snapshotExpired: "snapshot of a release long gone"
        case .dataRestored: "data is brought back"
        case .refused: "refused"
        case .unreferenced: "nothing needs it any more"
        case .superseded: "a newer one took its name"
        case .noRoom: "no room"
        case .inUse: "left alone, in use by a running command"
        }
    }
}

/// A size for people: `1.2 MiB`.
package func sizeText(_ bytes: Int64) -> String {
    let units = ["KiB", "MiB", "GiB", "TiB"]
    guard bytes >= 1024 else { return "\(bytes) B" }
    var value = Double(bytes) / 1024
    var unit = 0
    while value >= 1023.95, unit < units.count - 1 {
        value /= 1024
        unit += 1
    }
    return "\(tenths(value)) \(units[unit])"
}

/// `1.3`, without a locale.
package func tenths(_ value: Double) -> String {
    let rounded = Int((value * 10).rounded())
    return "\(rounded / 10).\(rounded % 10)"
}

/// Rows with every column but the last as wide as its widest cell; trailing blanks removed.
package func aligned(_ rows: [[String]]) -> String {
    var widths: [Int] = []
    for row in rows {
        for (column, cell) in row.enumerated() {
            if column == widths.count { widths.append(0) }
            // One very long reason must not push every other line's last column away.
            widths[column] = max(widths[column], min(cell.count, 60))
        }
    }
    // A column of glyphs stands close to what it marks.
    let isMarked = widths.first == 1
    var text = ""
    for row in rows {
        var line = ""
        for (column, cell) in row.enumerated() {
            let padding = max(0, widths[column] - cell.count)
            line +=
                cell + String(repeating: " ", count: padding)
                + (column == 0 && isMarked ? " " : "  ")
        }
        while line.last == " " { line.removeLast() }
        text += line + "\n"
    }
    return text
}
