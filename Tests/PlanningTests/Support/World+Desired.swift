import Desired
import Observed

@testable import Planning

/// A host and the definitions for it, both moved at random from a seed.
struct GeneratedWorld {
    static let names = ["api", "blog", "shop", "web"]
    /// In every environment value: it may appear nowhere that people or scripts see.
    static let marker = "s3cret"
    static let imageNames = ["build-java", "build-node", "run-java", "run-node"]

    var random: Seeded
    var model: Model
    var desired: [DesiredApp] = []
    private var edits = 0
    /// What each app may be given at least, in GiB: a volume is never made smaller.
    private var sizes: [String: Int64] = [:]

    init(seed: UInt64) {
        random = Seeded(seed)
        model = Model(
            installation: "test",
            images: Self.imageNames.map {
                Image(id: "sha256:\($0)-0", name: $0, inputDigest: "\($0)-0")
            })
    }

    var input: PlanningInput {
        PlanningInput(
            installation: "test", desired: desired, observed: model.snapshot, states: model.states,
            unsettled: model.unsettled)
    }

    /// Moves the definitions: apps come and go, and change in one respect or another.
    mutating func edit() {
        for name in Self.names {
            let index = desired.firstIndex { $0.definition.name == name }
            switch (index, Int.random(in: 0..<10, using: &random)) {
            case (nil, 0..<4): desired.append(newApp(name))
            case (let index?, 0): desired.remove(at: index)
            case (let index?, 1..<6):
                var app = desired[index]
                change(&app)
                desired[index] = app
            default: break
            }
        }
        separatePorts()
    }

    private mutating func newApp(_ name: String) -> DesiredApp {
        var app = DesiredApp(
            definition: AppDefinition(
                name: name, buildImage: "build-node", runImage: "run-node", language: .node,
                source: SourceReference(repository: .definitions, ref: "HEAD", path: "app"),
                build: BuildSettings(), run: RunSettings(), restart: RestartBudget()),
            blob: "", source: ResolvedSource(commit: "", tree: "", subject: ""))
        for respect in 0..<10 { change(&app, in: respect) }
        return app
    }

    private mutating func change(_ app: inout DesiredApp) {
        change(&app, in: Int.random(in: 0..<10, using: &random))
    }

    private mutating func change(_ app: inout DesiredApp, in respect: Int) {
        edits += 1
        app.blob = "blob-\(edits)"
        switch respect {
        case 0:
            app.source.tree = "tree-\(Int.random(in: 1...3, using: &random))"
            app.source.commit = "commit-of-\(app.source.tree)"
        case 1: app.definition.run.instances = Int.random(in: 1...3, using: &random)
        case 2:
            app.definition.run.memory =
                random.pick([64, 128, 256].map { .mebibytes($0) }) ?? .mebibytes(64)
        case 3: app.definition.run.millicpus = random.pick([250, 500, 1000]) ?? 500
        case 4:
            app.definition.run.publish = nil
            guard let host = random.pick(["127.0.0.1", "127.0.0.2", "0.0.0.0", nil]) ?? nil else {
                break
            }
            let port = Int.random(in: 8000..<8008, using: &random)
            app.definition.run.publish = PublishedPort(host: host, port: port)
        case 5: app.definition.run.port = random.pick([8080, 9090]) ?? 8080
        case 6:
            app.definition.run.environment = [:]
            for name in ["A", "B", "C"] where Bool.random(using: &random) {
                let value = Int.random(in: 0...2, using: &random)
                app.definition.run.environment[name] = "\(Self.marker)-\(value)"
            }
        case 7:
            let name = app.definition.name
            let size = max(sizes[name] ?? 1, random.pick([1, 1, 2, 3]) ?? 1)
            sizes[name] = size
            app.definition.run.volume = .gibibytes(size)
        case 8:
            let name = "\(app.definition.name) storage"
            let size = max(sizes[name] ?? 1, random.pick([1, 1, 2]) ?? 1)
            app.definition.run.storage = nil
            guard random.happens(oneIn: 2) else { break }
            sizes[name] = size
            app.definition.run.storage = .gibibytes(size)
        default:
            let language = random.pick([Language.java, .node]) ?? .node
            app.definition.language = language
            app.definition.buildImage = "build-\(language.rawValue)"
            app.definition.runImage = "run-\(language.rawValue)"
            app.definition.build.environment = ["TOKEN": "\(Self.marker)-0"]
        }
    }

    /// No two apps may publish one port: validation has it so.
    private mutating func separatePorts() {
        var taken: [(host: String, port: Int)] = []
        for index in desired.indices {
            guard let publish = desired[index].definition.run.publish else { continue }
            let wanted = (0..<desired[index].definition.run.instances).map { publish.port + $0 }
            let collides = taken.contains {
                wanted.contains($0.port) && Model.overlap($0.host, publish.host)
            }
            if collides {
                edits += 1
                desired[index].blob = "blob-\(edits)"
                desired[index].definition.run.publish = nil
            } else {
                taken += wanted.map { (publish.host, $0) }
            }
        }
    }
}
