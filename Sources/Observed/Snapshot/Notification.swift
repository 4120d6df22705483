/// One of navi's files, checked and bounded. The app's user can write such files too: it is a
/// hint about that one app, never an instruction.
package struct Notification: Sendable, Equatable {
    package enum Kind: String, Sendable {
        case crash
        case outOfMemory = "out-of-memory"
    }

    package enum End: Sendable, Equatable {
        case exitStatus(Int)
        case signal(Int)
    }

    /// The file's name: its identity for counting once. Sorts by time.
    package var file: String
    package var kind: Kind
    package var process: String
    package var end: End?
    /// RFC 3339, UTC, as navi wrote it, checked for its form.
    package var at: String
    /// The state that supervisord left, for example RUNNING.
    package var from: String
    /// Supervisord gave up: the deaths before it were reported one by one.
    package var isFatal: Bool
    package var limitBytes: Int64?
    package var peakBytes: Int64?

    package init(
        file: String, kind: Kind, process: String, end: End?, at: String, from: String,
        isFatal: Bool = false, limitBytes: Int64? = nil, peakBytes: Int64? = nil
    ) {
        self.file = file
        self.kind = kind
        self.process = process
        self.end = end
        self.at = at
        self.from = from
        self.isFatal = isFatal
        self.limitBytes = limitBytes
        self.peakBytes = peakBytes
    }
}
