import Execution
import Observed
import Planning
import State

/// All that `why` reads of one app.
struct WhyInput {
    var app: String
    var installation: String
    var state: AppState
    /// Oldest first.
    var journal: [JournalEntry]
    /// Of what all apps share.
    var sharedJournal: [JournalEntry]
    var ledger: Ledger
    var observed: Snapshot
    /// Who holds the app's lock now.
    var lockedBy: String?
}

/// Why an app is as it is: from the commit to the plan to the step to the end of a process. Text and
/// JSON are rendered from this one value, in which no control character is left.
struct WhyDocument: Encodable, Equatable {
    struct Release: Encodable, Equatable {
        var number: Int
        var commit: String
        var subject: String
        var tree: String
        /// The digest of the plan that made it; nil where an older modplan did.
        var plan: String?
        /// When it was recorded, RFC 3339.
        var at: String?
        var runtime: [String: String]?
    }

    struct Instance: Encodable, Equatable {
        var instance: Int
        var release: Int?
        var container: String
        var containerSince: String?
        /// Of a container that does not run.
        var exitStatus: Int?
        var finishedAt: String?
        var program: String?
        /// When the program started, RFC 3339.
        var since: String?
        /// Why its program could not be asked.
        var unknown: String?
    }

    struct Stopped: Encodable, Equatable {
        var at: String
        var by: String
    }

    struct Event: Encodable, Equatable {
        var kind: String
        var at: String
        var instance: Int
        /// Of one that was not counted yet.
        var release: Int?
        var exitStatus: Int?
        var signal: Int?
        /// Of one that was not counted yet: the container's limit and the most that was in use.
        var limitBytes: Int64?
        var peakBytes: Int64?
    }

    var formatVersion = 1
    var app: String
    /// The one sentence that answers.
    var answer: String
    /// What could not be observed.
    var unknown: [String]
    /// The one that runs; the newest where none does.
    var release: Release?
    /// The newest on record, where another runs.
    var newest: Release?
    var instances: [Instance]
    var stopped: Stopped?
    var held: Bool
    var pinned: Int?
    var lastPlan: WhyPlan?
    /// The last ones that were counted, newest first.
    var counted: [Event]
    /// What navi reported and no apply has counted yet, newest first.
    var uncounted: [Event]

    static let eventLimit = 10

    init(_ input: WhyInput) {
        app = input.app
        unknown = [input.observed.engine.failure, input.observed.volumes.failure]
            .compactMap { $0 }.map(clean)
        let current = input.observed.engine.value.flatMap {
            currentContainer(of: input.app, in: $0)
        }
        let releases = input.state.releases
        let running = current.flatMap { container in
            releases.first { $0.number == container.labels.release }
        }
        release = (running ?? (current == nil ? releases.last : nil)).map(Release.init)
        newest =
            releases.last.flatMap { last in
                current != nil && last.number != current?.labels.release ? last : nil
            }.map(Release.init)
        instances = (input.observed.engine.value?.containers ?? []).filter {
            $0.labels.app == input.app && !$0.labels.isTransient
        }.compactMap(Instance.init).sorted {
            ($0.instance, $0.release ?? 0) < ($1.instance, $1.release ?? 0)
        }
        stopped = input.state.stopped.map { Stopped(at: clean($0.at), by: clean($0.by)) }
        // Nothing is held yet.
        held = false
        pinned = input.state.pin?.release
        lastPlan = WhyPlan(
            input.journal, shared: input.sharedJournal, isAtWork: input.lockedBy != nil)
        counted = input.ledger.events.suffix(Self.eventLimit).reversed().map(Event.init)
        uncounted = Self.uncounted(input)
        answer = ""
        answer = sentence(current, input)
    }

    private static func uncounted(_ input: WhyInput) -> [Event] {
        let naming = Naming(installation: input.installation)
        var found: [(file: String, event: Event)] = []
        for volume in input.observed.volumes.value ?? [] {
            guard
                case .run(input.app, let instance, let release) = naming.role(ofVolume: volume.name),
                case .read(let contents)? = volume.contents
            else { continue }
            for notification in contents.notifications
            where !input.ledger.hasCounted(notification.file, instance: instance) {
                found.append((notification.file, Event(notification, instance, release)))
            }
        }
        return found.sorted { $0.file > $1.file }.prefix(eventLimit).map(\.event)
    }
}

/// Text that nobody here chose, fit for a terminal; its lines stay lines.
func clean(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { printable($0.utf8) }
        .joined(separator: "\n")
}

extension WhyDocument.Release {
    init(_ release: Planning.Release) {
        self.init(
            number: release.number, commit: clean(release.commit),
            subject: printable(release.subject.utf8), tree: clean(release.tree),
            plan: release.plan.map(clean), at: release.at.map(clean), runtime: release.runtime)
    }
}

extension WhyDocument.Event {
    init(_ event: Ledger.Event) {
        self.init(
            kind: clean(event.kind), at: clean(event.at), instance: event.instance,
            exitStatus: event.exitStatus, signal: event.signal)
    }

    init(_ notification: Observed.Notification, _ instance: Int, _ release: Int) {
        self.init(
            Ledger.Event(
                file: notification.file, instance: instance, kind: notification.driftKind.rawValue,
                at: notification.at, counts: !notification.isFatal, end: notification.end))
        self.release = release
        limitBytes = notification.limitBytes
        peakBytes = notification.peakBytes
    }
}
