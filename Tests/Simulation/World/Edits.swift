import Desired
import Planning

extension World {
    /// Moves the definitions: apps come and go, and change in one respect or another. There are
    /// three at least.
    func edit() {
        for name in Self.names {
            let index = desired.firstIndex { $0.definition.name == name }
            switch (index, random.below(10)) {
            case (nil, 0..<5): desired.append(newApp(name))
            case (nil, _) where desired.count < 3: desired.append(newApp(name))
            case (let index?, 0) where desired.count > 3: desired.remove(at: index)
            case (let index?, 1..<6): change(&desired[index], in: random.below(11))
            default: break
            }
        }
        separatePorts()
        note("definitions \(desired.map { "\($0.definition.name) \($0.blob) \($0.source.tree)" })")
    }

    var hasBadReleases: Bool {
        desired.contains { Self.isBad(pinned($0)?.tree ?? $0.source.tree) }
    }

    /// A new source of one app, in the middle of whatever goes on.
    func push() {
        guard !desired.isEmpty else { return }
        setTree(&desired[random.below(desired.count)], "tree-\(1 + random.below(3))")
        note("push \(desired.map { "\($0.definition.name) \($0.source.tree)" })")
    }

    /// What a developer does who sees that a release does not get ready.
    func mend() {
        for index in desired.indices {
            let tree = pinned(desired[index])?.tree ?? desired[index].source.tree
            if Self.isBad(tree) { setTree(&desired[index], "tree-1") }
        }
    }

    private func newApp(_ name: String) -> DesiredApp {
        var app = DesiredApp(
            definition: AppDefinition(
                name: name, buildImage: "build-node", runImage: "run-node", language: .node,
                source: SourceReference(repository: .definitions, ref: "HEAD", path: name),
                build: BuildSettings(), run: RunSettings(), restart: RestartBudget()),
            blob: "", source: ResolvedSource(commit: "", tree: "", subject: ""))
        setTree(&app, "tree-\(1 + random.below(3))")
        for respect in 1..<8 where random.happens(oneIn: 2) { change(&app, in: respect) }
        change(&app, in: 8)
        change(&app, in: 9)
        return app
    }

    private func setTree(_ app: inout DesiredApp, _ tree: String) {
        edits += 1
        app.blob = "blob-\(edits)"
        app.source.tree = tree
        app.source.commit = "commit-of-\(tree)"
    }

    private func change(_ app: inout DesiredApp, in respect: Int) {
        edits += 1
        app.blob = "blob-\(edits)"
        switch respect {
        case 0:
            // Trees are the app's own now and then, so that bad ones are no other app's good ones.
            let isBad = random.happens(oneIn: 4)
            setTree(&app, isBad ? "bad-\(app.definition.name)" : "tree-\(1 + random.below(3))")
        case 1: app.definition.run.instances = [1, 1, 2, 3][random.below(4)]
        case 2:
            app.definition.run.memory = .mebibytes(Int64(64 << random.below(3)))
        case 3: app.definition.run.millicpus = [250, 500, 1000][random.below(3)]
        case 4:
            let host = ["127.0.0.1", "127.0.0.2", "0.0.0.0", ""][random.below(4)]
            let port = 8000 + random.below(8)
            app.definition.run.publish =
                host.isEmpty ? nil : PublishedPort(host: host, port: port)
        case 5: app.definition.run.port = [8080, 9090][random.below(2)]
        case 6:
            app.definition.run.environment = [:]
            for name in ["A", "B", "C"] where random.happens(oneIn: 2) {
                app.definition.run.environment[name] = "value-\(random.below(3))"
            }
        case 7: app.definition.build.memory = .mebibytes(Int64(512 << random.below(2)))
        case 8:
            // A volume is never made smaller, and may outlive its app's definition.
            let size = max(volumeSizes[app.definition.name] ?? 1, Int64(1 + random.below(3)))
            volumeSizes[app.definition.name] = size
            app.definition.run.volume = .gibibytes(size)
        case 9:
            let name = "\(app.definition.name) storage"
            app.definition.run.storage = nil
            guard !random.happens(oneIn: 3) else { break }
            let size = max(volumeSizes[name] ?? 1, Int64(1 + random.below(2)))
            volumeSizes[name] = size
            app.definition.run.storage = .gibibytes(size)
        default:
            let language = [Language.java, .node][random.below(2)]
            app.definition.language = language
            app.definition.buildImage = "build-\(language.rawValue)"
            app.definition.runImage = "run-\(language.rawValue)"
        }
    }

    /// No two apps may publish one port: validation has it so.
    private func separatePorts() {
        var taken: [String] = []
        for index in desired.indices {
            guard let publish = desired[index].definition.run.publish else { continue }
            let wanted = (0..<desired[index].definition.run.instances).map {
                "\(publish.host):\(publish.port + $0):0"
            }
            let collides = wanted.contains { port in
                taken.contains { SimulatedHost.collide($0, port) }
            }
            if collides {
                edits += 1
                desired[index].blob = "blob-\(edits)"
                desired[index].definition.run.publish = nil
            } else {
                taken += wanted
            }
        }
    }
}
