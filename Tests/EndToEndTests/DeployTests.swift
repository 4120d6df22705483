import FoundationEssentials
import Testing

/// The whole path on a real engine: definitions in git become running apps, changes become plans
/// of exactly those changes.
@Suite struct DeployTests {
    @Test func aDefinitionBecomesARunningAppAndEachCommitItsOwnChange() async throws {
        try await Fixture.with { world in
            try world.define("web", "ready: {path: /}\nenvironment: {GREETING: one}")
            try world.define(
                "node", "hello-node", "ready: {path: /}\nenvironment: {GREETING: ahoy}")
            try await world.commit("two apps")
            #expect(try await world.plan().status == 2)
            try await world.apply()
            #expect(try await world.get(world.address("web")).contains("<html"))
            #expect(try await world.get(world.address("node")).contains("ahoy"))

            // Nothing to do: the plan is empty, and a second apply changes nothing on the wire.
            #expect(try await world.plan().status == 0)
            world.proxy.forget()
            try await world.apply()
            #expect(world.proxy.mutations == [])
            #expect(world.proxy.requests.contains { $0.contains("/containers/json") })

            try await environmentChange(world)
            try await sourceChange(world)
            try await scaling(world)
            try await removal(world)
        }
    }

    /// The process restarts; the container stays; the other app is not touched.
    private func environmentChange(_ world: Fixture) async throws {
        let started = try await world.inspect("node", "{{.Id}} {{.State.StartedAt}}")
        let process = try await world.appProcess("node")
        let other = try await world.appProcess("web")
        // Everything that supervisord's own `environment=` could not carry.
        let nasty = #"a "b" 'c' %d %(here)s ; # é"#
        try world.define(
            "node", "hello-node",
            "ready: {path: /}\nenvironment: {GREETING: '\(nasty.replacing("'", with: "''"))'}")
        try await world.commit("greet otherwise")
        let planned = try await world.plan()
        #expect(planned.status == 2)
        #expect(planned.output.contains("run.environment: GREETING changed"))
        #expect(planned.output.contains("1 change, 0 drift, 1 in sync"))
        #expect(!planned.output.contains("%(here)s"), "a value is never printed")
        try await world.apply()
        #expect(try await world.get(world.address("node")).contains(nasty))
        #expect(try await world.inspect("node", "{{.Id}} {{.State.StartedAt}}") == started)
        #expect(try await world.appProcess("node") != process)
        #expect(try await world.appProcess("web") == other)
        #expect(try await world.plan().status == 0)
    }

    private func sourceChange(_ world: Fixture) async throws {
        let before = try await world.container("web")
        try world.write("<p>second</p>", to: "sources/hello-static/index.html")
        try await world.commit("second page")
        let planned = try await world.plan()
        #expect(planned.output.contains("source changed"))
        try await world.apply()
        #expect(try await world.get(world.address("web")) == "<p>second</p>")
        #expect(try await world.container("web") != before)
        #expect(
            try await world.inspect("web", #"{{index .Config.Labels "modplan.release"}}"#) == "2")
        #expect(try await world.plan().status == 0)

        // The old tree again: its artifact is there, so nothing is built.
        try await world.git(in: world.clone, "revert", "--no-edit", "HEAD")
        let back = try await world.plan()
        #expect(back.status == 2 && !back.output.contains("web/build"))
        try await world.apply()
        #expect(try await world.get(world.address("web")).contains("<html"))
    }

    private func scaling(_ world: Fixture) async throws {
        let first = try await world.appProcess("web")
        try world.define("web", "ready: {path: /}\ninstances: 3")
        try await world.commit("three of them")
        try await world.apply()
        #expect(try await world.containers("web").count == 3)
        #expect(try await world.get(world.address("web", instance: 2)).contains("<html"))
        try world.define("web", "ready: {path: /}\ninstances: 1")
        try await world.commit("one of them")
        try await world.apply()
        #expect(try await world.containers("web").count == 1)
        #expect(first != 0)
        #expect(try await world.plan().status == 0)
    }

    private func removal(_ world: Fixture) async throws {
        try await world.git(in: world.clone, "rm", "--quiet", "apps/web.yaml")
        try await world.commit("no web")
        let planned = try await world.plan()
        #expect(planned.output.contains("gone from git"))
        // One of two apps: not more than half of three or more.
        try await world.apply()
        #expect(try await world.containers("web").isEmpty)
        #expect(try await world.containers("node").count == 1)
    }

    @Test func aSavedPlanIsAppliedOnceAndRefusedWhenStale() async throws {
        try await Fixture.with { world in
            try world.define("web", "ready: {path: /}")
            try await world.commit("web")
            let file = "\(world.folder)/web.plan"
            #expect(try await world.modplan("plan", "--out", file).status == 0)
            let applied = try await world.modplan("apply", file)
            #expect(applied.status == 0, "\(applied)")
            let again = try await world.modplan("apply", file)
            #expect(again.status == 1 && again.errors.contains("applied already"))

            try world.define("web", "ready: {path: /}\nenvironment: {A: b}")
            try await world.commit("environment")
            #expect(try await world.modplan("plan", "--out", file).status == 0)
            try world.define("web", "ready: {path: /}\nenvironment: {A: c}")
            try await world.commit("environment again")
            world.proxy.forget()
            let stale = try await world.modplan("apply", file)
            #expect(stale.status == 1 && stale.errors.contains("the definition of web"))
            #expect(world.proxy.mutations == [])
        }
    }

    @Test func jsonSaysWhatTextSays() async throws {
        struct Planned: Decodable {
            struct Change: Decodable {
                var address: String
                var action: String
                var reason: String
                var disruption: String
            }
            struct Step: Decodable {
                var id: String
                var after: [String]
            }
            var formatVersion: Int
            var digest: String
            var changes: [Change]
            var steps: [Step]
        }
        struct Status: Decodable {
            struct App: Decodable {
                struct Instance: Decodable {
                    var instance: Int
                    var container: String
                    var ready: Bool
                }
                var app: String
                var release: Int
                var held: Bool
                var instances: [Instance]
            }
            var formatVersion: Int
            var apps: [App]
        }
        try await Fixture.with { world in
            try world.define("web", "ready: {path: /}\nenvironment: {TOKEN: marker-7f3a}")
            try await world.commit("web")
            let text = try await world.modplan("plan", "--json").output
            let plan = try JSONDecoder().decode(Planned.self, from: Data(text.utf8))
            #expect(plan.formatVersion == 1 && plan.digest.count == 64)
            #expect(plan.changes.map(\.address) == ["app/web/build", "app/web/instance/0"])
            #expect(plan.changes.allSatisfy { $0.action == "create" && $0.reason == "app-added" })
            let ids = Set(plan.steps.map(\.id))
            #expect(plan.steps.allSatisfy { ids.isSuperset(of: $0.after) })
            #expect(try await world.modplan("plan", "--json").output == text, "the same bytes")

            let applied = try await world.modplan("apply", "--yes", "--json")
            #expect(applied.status == 0)
            // RUNNING only after supervisord's startsecs.
            try await world.await("the app to be ready") {
                let text = try await world.modplan("status", "--json").output
                let status = try JSONDecoder().decode(Status.self, from: Data(text.utf8))
                return status.apps.map(\.app) == ["web"]
                    && status.apps.allSatisfy { $0.release == 1 && !$0.held }
                    && status.apps.flatMap(\.instances).map(\.ready) == [true]
            }
            let labels = try await world.inspect("web", "{{json .Config}}")
            for output in [text, applied.output, applied.errors, labels] {
                #expect(!output.contains("marker-7f3a"), "a value of the environment is nowhere")
            }
        }
    }

    @Test func applyingABrokenReleaseAgainStillKeepsTheOldOne() async throws {
        try await Fixture.with { world in
            try world.define("node", "hello-node", "ready: {path: /}")
            try await world.commit("good")
            try await world.apply()
            let good = try await world.container("node")
            try world.define("node", "hello-node", "ready: {path: /, timeout: 5s}")
            try world.write("throw new Error('no such luck');", to: "sources/hello-node/server.js")
            try await world.commit("bad")
            for _ in 0..<2 {
                #expect(try await world.modplan("apply", "--yes").status == 1)
                #expect(try await world.containers("node").contains(good), "it serves on")
                #expect(try await world.plan().status == 2, "the new one is not taken for settled")
            }
            try await world.git(in: world.clone, "revert", "--no-edit", "HEAD")
            try await world.apply()
            #expect(try await world.containers("node").count == 1)
            #expect(try await world.plan().status == 0)
        }
    }

    @Test func aReleaseThatNeverGetsReadyLeavesTheOldOneServing() async throws {
        try await Fixture.with { world in
            try world.define(
                "node", "hello-node", "ready: {path: /, timeout: 10s}\npublish: 127.0.0.1:18461")
            try await world.commit("good")
            try await world.apply()
            let before = try await world.appProcess("node")
            try world.write("throw new Error('no such luck');", to: "sources/hello-node/server.js")
            try await world.commit("bad")
            let failed = try await world.modplan("apply", "--yes")
            #expect(failed.status == 1)
            #expect(failed.errors.contains("no such luck"), "\(failed)")
            #expect(try await world.get("127.0.0.1:18461").contains("node"))
            #expect(try await world.appProcess("node") == before)
        }
    }
}
