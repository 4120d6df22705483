import ArgumentParser
import Execution
import FoundationEssentials
import Observed
import Planning

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show what runs, and what happened to it.")

    @OptionGroup var common: CommonOptions
    @Argument(help: "The apps to show; all if none is named.", completion: .apps)
    var apps: [String] = []
    @Flag(help: "Print one JSON document.") var json = false

    func run() async throws {
        let installation = try Installation(common)
        let input = try await installation.applier.input(apps: apps)
        let document = StatusDocument(input, try Planning.plan(input))
        if json {
            try Output.json(document)
        } else {
            Output.result(document.text)
        }
    }
}

struct StatusDocument: Encodable {
    struct Instance: Encodable {
        var instance: Int
        var container: String
        var program: String?
        var ready: Bool
        /// The published address.
        var address: String?
        /// When the container started, RFC 3339.
        var since: String?
    }

    struct Drift: Encodable {
        var address: String
        var kind: String
        var evidence: String
    }

    /// Events counted so far, by kind.
    struct App: Encodable {
        var app: String
        var release: Int?
        /// What its build chose, for example node 22.20.0.
        var runtime: [String: String]?
        var held: Bool
        var instances: [Instance]
        var drift: [Drift]
        var events: [String: Int]
    }

    var formatVersion = 1
    var observedAt: String
    var apps: [App]
    /// Of the storage; left out where there is nothing to be said.
    var warnings: [String]?

    init(_ input: PlanningInput, _ plan: Plan) {
        observedAt = Date().formatted(.iso8601)
        warnings = plan.warnings.isEmpty ? nil : plan.warnings
        let containers = input.observed.engine.value?.containers ?? []
        apps = plan.basis.apps.map { basis in
            let own = containers.filter { $0.labels.app == basis.app && !$0.labels.isTransient }
            let release = own.compactMap(\.labels.release).max()
            let record = input.states[basis.app]?.releases.first { $0.number == release }
            return App(
                app: basis.app, release: release, runtime: record?.runtime,
                held: input.states[basis.app]?.stopped != nil,
                instances: own.compactMap(Instance.init).sorted { $0.instance < $1.instance },
                drift: plan.drift.filter { $0.address.app == basis.app }.map {
                    Drift(
                        address: $0.address.description, kind: $0.kind.rawValue,
                        evidence: $0.evidence)
                },
                events: (input.ledgers[basis.app]?.events ?? []).reduce(into: [:]) {
                    $0[$1.kind, default: 0] += 1
                })
        }
    }

    var text: String {
        var rows = [
            ["APP", "RELEASE", "INSTANCE", "CONTAINER", "PROGRAM", "ADDRESS", "SINCE", "RUNTIME"]
        ]
        for app in apps {
            if app.instances.isEmpty { rows.append([app.app, "-", "-", "none"]) }
            for instance in app.instances {
                rows.append([
                    app.app, app.release.map(String.init) ?? "-", "\(instance.instance)",
                    instance.container, instance.program ?? "-", instance.address ?? "-",
                    instance.since ?? "-", app.runtimeText,
                ])
            }
        }
        var notes = (warnings ?? []).map { "! storage: \($0)\n" }.joined()
        for app in apps {
            for drift in app.drift { notes += "! \(drift.address)  \(drift.evidence)\n" }
            let events = app.events.sorted { $0.key < $1.key }.map { "\($0.key) ×\($0.value)" }
            if !events.isEmpty {
                notes += "  \(app.app): counted so far: \(events.joined(separator: ", "))\n"
            }
        }
        return aligned(rows) + notes
    }
}

extension StatusDocument.App {
    fileprivate var runtimeText: String {
        let texts = (runtime ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        return texts.isEmpty ? "-" : texts.joined(separator: ", ")
    }
}

extension StatusDocument.Instance {
    init?(_ container: Container) {
        guard let number = container.labels.instance else { return nil }
        let state = container.program?.value?.state
        self.init(
            instance: number, container: container.status.rawValue, program: state?.rawValue,
            ready: container.status == .running && state == .running,
            address: container.settings.ports.first.map {
                $0.split(separator: ":").prefix(2).joined(separator: ":")
            }, since: container.startedAt)
    }
}
