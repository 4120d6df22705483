import FoundationEssentials
import Host
import Testing

/// What modplan remembers can be lost, in part or whole: nothing that runs is touched for that.
@Suite struct StateCacheTests {
    /// Two releases of one app, two instances of another.
    private func deploy(_ world: Fixture) async throws {
        try world.define("web", "ready: {path: /}\nenvironment: {A: a}")
        try world.define("node", "hello-node", "ready: {path: /}\ninstances: 2")
        try await world.commit("apps")
        try await world.apply()
        try world.write("<p>second</p>", to: "sources/hello-static/index.html")
        try await world.commit("second")
        try await world.apply()
    }

    private struct File: Decodable {
        struct Release: Decodable {
            var number: Int
        }
        struct Content: Decodable {
            var serial: Int
            var epoch: String?
            var releases: [Release]
        }
        var content: Content

        init(_ world: Fixture, _ app: String) throws {
            let path = "\(world.folder)/state/apps/\(app).json"
            let bytes = try readHostFile(path, limit: 1 << 20)
            self = try JSONDecoder().decode(Self.self, from: Data(bytes))
        }
    }

    @Test func withoutStateNothingIsDoneAndReleasesGoOn() async throws {
        try await Fixture.with { world in
            try await deploy(world)
            let before = try await world.processes()
            let old = try File(world, "web").content
            #expect(old.releases.map(\.number) == [1, 2])

            // A plan of the old series.
            try world.define("web", "ready: {path: /}\nenvironment: {A: b}")
            try await world.commit("environment")
            let saved = "\(world.folder)/web.plan"
            #expect(try await world.modplan("plan", "--out", saved).status == 0)
            try await world.git(in: world.clone, "revert", "--no-edit", "HEAD")

            try Directory(path: world.folder).removeTree("state")
            let without = try await world.plan()
            #expect(without.status == 0, "\(without)")
            try await world.apply()
            #expect(try await world.processes() == before)

            // The same plan once more, but of a state that is lost.
            try await world.git(in: world.clone, "revert", "--no-edit", "HEAD")
            let stale = try await world.modplan("apply", saved)
            #expect(stale.status == 1 && stale.errors.contains("stale"), "\(stale)")
            #expect(stale.errors.contains("state of web"), "\(stale)")

            try await world.apply()
            let new = try File(world, "web").content
            #expect(new.releases.map(\.number) == [1, 2], "from the record beside the volumes")
            #expect(new.epoch != nil && new.epoch != old.epoch)
            #expect(new.serial == 1)
            try world.write("<p>third</p>", to: "sources/hello-static/index.html")
            try await world.commit("third")
            try await world.apply()
            #expect(try File(world, "web").content.releases.map(\.number) == [1, 2, 3])
            #expect(try await world.plan().status == 0)
        }
    }

    @Test func withoutRecordsEitherLabelsSayWhatRuns() async throws {
        try await Fixture.with { world in
            try await deploy(world)
            let before = try await world.processes()
            try Directory(path: world.folder).removeTree("state")
            try Directory(path: world.volumes).removeTree("records")
            let without = try await world.plan()
            #expect(without.status == 0, "\(without)")
            try await world.apply()
            #expect(try await world.processes() == before)

            // The next release follows the one that runs.
            try world.write("<p>third</p>", to: "sources/hello-static/index.html")
            try await world.commit("third")
            let planned = try await world.plan()
            #expect(planned.status == 2 && planned.output.contains("1 in sync"), "\(planned)")
            try await world.apply()
            let label = #"{{index .Config.Labels "modplan.release"}}"#
            #expect(try await world.inspect("web", label) == "3")
            #expect(try await world.get(world.address("web")) == "<p>third</p>")
            #expect(try await world.processes()["node"] == before["node"])
            #expect(try await world.plan().status == 0)
        }
    }

    @Test func aFileThatCannotBeReadIsNamedAndKept() async throws {
        try await Fixture.with { world in
            try await deploy(world)
            let file = "\(world.folder)/state/apps/web.json"
            let good = try readHostFile(file, limit: 1 << 20)
            let future = String(decoding: good, as: UTF8.self)
                .replacing(#""formatVersion" : 1"#, with: #""formatVersion" : 7"#)
            let broken: [(what: String, bytes: [UInt8], said: String)] = [
                ("truncated", Array(good.prefix(good.count / 2)), "is not a state file"),
                ("corrupt", Array("\u{0}\u{0}\u{0}".utf8), "is not a state file"),
                ("empty", [], "is not a state file"),
                ("of the future", Array(future.utf8), "has format version 7"),
            ]
            // Something to do for both.
            try world.define("web", "ready: {path: /}\nenvironment: {A: new}")
            try world.define("node", "hello-node", "ready: {path: /}\nenvironment: {A: '0'}")
            try await world.commit("both")
            let folder = try Directory(path: "\(world.folder)/state/apps")
            let before = try await world.processes()["web"]
            for (index, (what, bytes, said)) in broken.enumerated() {
                try folder.replaceDurably("web.json", bytes)
                // The others go on.
                try world.define(
                    "node", "hello-node", "ready: {path: /}\nenvironment: {A: '\(index)'}")
                if index > 0 { try await world.commit("node \(index)") }
                let planned = try await world.plan()
                #expect(planned.output.contains(file), "\(what): \(planned)")
                #expect(planned.output.contains(said), "\(what): \(planned)")
                let applied = try await world.modplan("apply", "--yes")
                #expect(applied.status == 1, "\(what): \(applied)")
                #expect(try readHostFile(file, limit: 1 << 20) == bytes, "\(what): kept")
                #expect(try await world.processes()["web"] == before, "\(what)")
                #expect(try await world.modplan("apply", "--yes", "node").status == 0)
            }
            try folder.replaceDurably("web.json", good)
            try await world.apply()
            #expect(try await world.plan().status == 0)
        }
    }
}
