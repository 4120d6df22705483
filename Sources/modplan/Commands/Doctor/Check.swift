import Desired
import Planning

/// One line of `doctor`.
struct Check: Encodable, Equatable, Sendable {
    enum Status: String, Encodable, Sendable {
        case ok
        /// Worth knowing; nothing fails for it now.
        case note
        /// Some command fails for it.
        case problem
    }

    var check: String
    var status: Status
    /// What was found, on one line.
    var detail: String
    /// The command or the edit that mends it; nil where nothing needs mending.
    var mend: String?

    static func ok(_ check: String, _ detail: String) -> Check {
        Check(check: check, status: .ok, detail: line(detail), mend: nil)
    }

    static func note(_ check: String, _ detail: String, mend: String? = nil) -> Check {
        Check(check: check, status: .note, detail: line(detail), mend: mend)
    }

    static func problem(_ check: String, _ detail: String, mend: String?) -> Check {
        Check(check: check, status: .problem, detail: line(detail), mend: mend)
    }

    /// Errors can have several lines.
    private static func line(_ text: String) -> String {
        text.split(separator: "\n").map { printable(String($0)) }.joined(separator: "; ")
    }
}

struct DoctorDocument: Encodable {
    var formatVersion = 1
    /// No check is a problem.
    var ok: Bool
    var checks: [Check]

    init(_ checks: [Check]) {
        self.checks = checks
        ok = !checks.contains { $0.status == .problem }
    }

    var text: String {
        let rows = checks.map { check in
            let mend = check.mend.map { " → \($0)" } ?? ""
            return [check.status.rawValue, check.check, check.detail + mend]
        }
        let problems = checks.count { $0.status == .problem }
        let summary =
            switch problems {
            case 0: "Nothing is missing."
            case 1: "1 problem."
            default: "\(problems) problems."
            }
        return aligned(rows) + summary + "\n"
    }
}
