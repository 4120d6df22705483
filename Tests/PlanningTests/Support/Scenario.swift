import Desired
import Foundation
import Observed
import Testing

@testable import Planning

/// One folder of `Scenarios`: `desired/<app>.yaml`, `observed.json`, `state.json`, and where the
/// request is a special one, `request.json`. An app whose file is not there is gone from git.
struct Scenario: Sendable, CustomTestStringConvertible {
    var folder: URL
    var testDescription: String { folder.lastPathComponent }

    static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Scenarios")

    /// Every scenario, by name.
    static var all: [Scenario] {
        get throws {
            try FileManager.default.contentsOfDirectory(
                at: root, includingPropertiesForKeys: nil
            ).sorted { $0.path < $1.path }.map(Scenario.init)
        }
    }

    func input() throws -> PlanningInput {
        let request = try decode(RequestFixture.self, "request.json") ?? RequestFixture()
        let desired = try definitions().map { definition in
            let source = request.sources?[definition.name]
            return DesiredApp(
                definition: definition, blob: source?.blob ?? "blob-\(definition.name)-1",
                source: ResolvedSource(
                    commit: source?.commit ?? "3f2a91c0", tree: source?.tree ?? "tree-1",
                    subject: "a commit"))
        }
        let states = try decode([String: StateFixture].self, "state.json") ?? [:]
        let resolver = Resolver(desired, states)
        guard let observed = try decode(ObservedFixture.self, "observed.json") else {
            throw FixtureError("\(testDescription) has no observed.json")
        }
        return PlanningInput(
            installation: Resolver.installation, desired: desired,
            observed: try observed.snapshot(resolver), states: try resolver.states(),
            unreadable: request.unreadable ?? [:],
            ledgers: states.compactMapValues(\.ledger),
            unsettled: Set((request.unsettled ?? []).map { .instance(app: $0, number: 0) }),
            livingTasks: Set(
                (request.livingTasks ?? []).map { "\(Resolver.installation).task.\($0)" }),
            busy: Set(request.busy ?? []), policy: request.policy?.policy ?? HostFile.Policy(),
            selection: request.selection.map(Set.init), purpose: request.purpose)
    }

    private func definitions() throws -> [AppDefinition] {
        let desired = folder.appending(path: "desired")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: desired.path)) ?? []
        return try validate(
            files: names.sorted().map { name in
                (name, Array(try Data(contentsOf: desired.appending(path: name))))
            }
        ).get()
    }

    private func decode<Value: Decodable>(_ type: Value.Type, _ name: String) throws -> Value? {
        let file = folder.appending(path: name)
        guard FileManager.default.fileExists(atPath: file.path) else { return nil }
        return try JSONDecoder().decode(type, from: Data(contentsOf: file))
    }
}

/// `request.json`: git's object ids, and what was asked for.
struct RequestFixture: Decodable {
    struct Source: Decodable {
        var blob: String?
        var commit: String?
        var tree: String?
    }

    var sources: [String: Source]?
    var selection: [String]?
    var destroys: Bool?
    /// With `destroys`: storage, too.
    var allowsDestroy: Bool?
    var prunesStorage: Bool?
    var restarts: Bool?
    /// `app.id` of the tasks whose process lives.
    var livingTasks: [String]?
    /// A release's number; 0 for the one before.
    var rollback: Int?
    var withData: Bool?
    var unpins: Bool?
    var prunes: Bool?
    /// Names of locks that others hold.
    var busy: [String]?
    var policy: PolicyFixture?
    /// Apps whose instance 0 was changed and not seen ready.
    var unsettled: [String]?
    /// By app, why its state cannot be read.
    var unreadable: [String: String]?

    var purpose: PlanningInput.Purpose {
        if let rollback {
            return .rollback(to: rollback == 0 ? nil : rollback, withData: withData ?? false)
        }
        if prunesStorage == true { return .pruneStorage }
        if unpins == true { return .unpin }
        if destroys == true { return .destroy(storage: allowsDestroy ?? false) }
        if prunes == true { return .prune }
        return restarts == true ? .restart : .apply
    }
}

struct PolicyFixture: Decodable {
    var warn: Int?
    var refuse: Int?
    var overcommit: Int?

    var policy: HostFile.Policy {
        HostFile.Policy(
            warnPercent: warn ?? 80, refusePercent: refuse ?? 95, overcommitPercent: overcommit)
    }
}

/// `state.json`, by app.
struct StateFixture: Decodable {
    struct Release: Decodable {
        var number: Int
        var commit: String?
        var tree: String?
        /// A literal key; left out for the one that the definition's build settings give.
        var artifact: String?
        var buildImage: String?
        var runImage: String?
    }

    var serial: Int
    /// The blob that was applied last; left out for the definition's own of today.
    var applied: String?
    var releases: [Release]
    /// The release that it is pinned to; rolled away from the definition of today, unless its tree
    /// is named.
    var pin: Int?
    var pinTree: String?
    var storage: [StorageRecord]?
    /// When `operator` stopped it.
    var stopped: String?
    /// File names of instance 0's notifications that were counted.
    var counted: [String]?

    var ledger: Ledger? {
        counted.map { files in
            Ledger(
                events: files.map {
                    Ledger.Event(file: $0, instance: 0, kind: "crash", at: "", counts: true)
                })
        }
    }
}

/// Fills in what nobody can write by hand: build keys and digests.
struct Resolver {
    static let installation = "test"
    let naming = Naming(installation: installation)
    let definitions: [String: DesiredApp]
    private let fixtures: [String: StateFixture]

    init(_ desired: [DesiredApp], _ states: [String: StateFixture]) {
        definitions = Dictionary(uniqueKeysWithValues: desired.map { ($0.definition.name, $0) })
        fixtures = states
    }

    static func size(_ text: String) throws -> Int64 {
        guard let size = ByteCount(parsing: text) else { throw FixtureError("no size: \(text)") }
        return size.bytes
    }

    func key(app: String, tree: String? = nil, buildImage: String? = nil) throws -> String {
        guard let desired = definitions[app] else {
            throw FixtureError("the artifact of \(app), which is not defined, needs a literal key")
        }
        return BuildKey.make(
            tree: tree ?? desired.source.tree,
            imageDigest: buildImage ?? "\(desired.definition.buildImage)-1",
            settings: desired.definition.build)
    }

    /// The `modplan.spec` label of a container that was made as the definition asks.
    func spec(app: String, release: Int?, image: String) throws -> String {
        guard let desired = definitions[app] else { return "spec-of-a-gone-app" }
        let known = fixtures[app]?.releases.first { $0.number == release }
        let artifact = try known.map { try self.release($0, of: app).artifact } ?? key(app: app)
        return Target.digest(
            desired.definition, artifact: artifact,
            runImage: Image(id: "", name: nil, inputDigest: image))
    }

    func states() throws -> [String: AppState] {
        var states: [String: AppState] = [:]
        for (app, fixture) in fixtures {
            states[app] = AppState(
                app: app, serial: fixture.serial,
                applied: fixture.applied ?? definitions[app]?.blob,
                releases: try fixture.releases.map { try release($0, of: app) },
                stopped: fixture.stopped.map { Stop(at: $0, by: "operator") },
                pin: fixture.pin.map {
                    Pin(
                        release: $0, definition: definitions[app]?.blob ?? "",
                        tree: fixture.pinTree ?? definitions[app]?.source.tree ?? "")
                }, storage: fixture.storage)
        }
        return states
    }

    private func release(_ fixture: StateFixture.Release, of app: String) throws -> Release {
        let desired = definitions[app]
        let buildImage = fixture.buildImage ?? "\(desired?.definition.buildImage ?? "build-node")-1"
        return Release(
            number: fixture.number, commit: fixture.commit ?? "3f2a91c0", subject: "a commit",
            tree: fixture.tree ?? "tree-1",
            artifact: try fixture.artifact
                ?? key(app: app, tree: fixture.tree ?? "tree-1", buildImage: buildImage),
            buildImage: buildImage,
            runImage: fixture.runImage ?? "\(desired?.definition.runImage ?? "run-node")-1")
    }
}
