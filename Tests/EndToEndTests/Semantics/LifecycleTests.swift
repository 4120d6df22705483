import FoundationEssentials
import Host
import Testing

/// What an operator does beside applying: stop, start, restart, and recovering what was remembered.
@Suite struct LifecycleTests {
    @Test func aStopStaysUntilItsStartAndARestartIsOfTheProcessAlone() async throws {
        try await Fixture.with { world in
            try world.define("web", "ready: {path: /}\ninstances: 2")
            try world.define("other", "ready: {path: /}")
            try await world.commit("two apps")
            try await world.apply()
            let other = try await world.appProcess("other")

            let started = try await world.inspect("web", "{{.Id}} {{.State.StartedAt}}")
            let process = try await world.appProcess("web")
            let restarted = try await world.modplan("restart", "web")
            #expect(restarted.status == 0, "\(restarted)")
            #expect(restarted.output.contains("web/1  restart  restart was asked for"))
            #expect(try await world.inspect("web", "{{.Id}} {{.State.StartedAt}}") == started)
            #expect(try await world.appProcess("web") != process)

            let stopped = try await world.modplan("stop", "web")
            #expect(stopped.status == 0, "\(stopped)")
            #expect(try await world.containers("web").isEmpty)
            // Whatever moves meanwhile, an apply leaves it down.
            try world.define("web", "ready: {path: /}\ninstances: 2\nenvironment: {A: b}")
            try await world.commit("changed while stopped")
            try await world.apply()
            #expect(try await world.containers("web").isEmpty)
            let held = try await world.plan()
            #expect(held.status == 0 && held.output.contains("stopped by root at "))
            #expect(held.output.contains("1 held"))
            let status = try await world.modplan("status", "--json").output
            #expect(status.contains(#""held" : true"#))
            let refused = try await world.modplan("restart", "web")
            #expect(refused.status == 1 && refused.errors.contains("modplan start web"))

            let back = try await world.modplan("start", "web")
            #expect(back.status == 0, "\(back)")
            #expect(try await world.containers("web").count == 2)
            #expect(try await world.exec("web", "true").status == 0)
            #expect(try await world.plan().status == 0)
            #expect(try await world.appProcess("other") == other)
            let unknown = try await world.modplan("stop", "wbe")
            #expect(unknown.status == 1 && unknown.errors.contains("no such app: wbe"))
        }
    }

    @Test func aRebuiltStateIsWhatItWasAndOlderPlansAreStale() async throws {
        try await Fixture.with { world in
            try world.define("web", "ready: {path: /}")
            try world.define("other", "ready: {path: /}")
            try await world.commit("two apps")
            try await world.apply()
            try world.write("<p>second</p>", to: "sources/hello-static/index.html")
            try await world.commit("second page")
            try await world.apply()
            _ = try await world.modplan("stop", "other")
            try world.define("web", "ready: {path: /}\nenvironment: {A: b}")
            try await world.commit("a change to save")
            let file = "\(world.folder)/web.plan"
            #expect(try await world.modplan("plan", "--out", file).status == 0)
            let before = try await world.modplan("history", "web", "--json").output

            try Directory(path: world.folder).removeTree("state")
            let planned = try await world.plan()
            #expect(!planned.output.contains("delete") && !planned.output.contains("build"))
            #expect(planned.output.contains("stopped by root"), "\(planned)")
            let rebuilt = try await world.modplan("state", "rebuild")
            #expect(rebuilt.status == 0, "\(rebuilt)")
            #expect(rebuilt.output.contains("web    record  1 2"), "\(rebuilt)")
            #expect(try await world.modplan("history", "web", "--json").output == before)
            let stale = try await world.modplan("apply", file)
            #expect(
                stale.status == 1 && stale.errors.contains("the state of web moved"), "\(stale)")

            // Damaged files are kept aside, never written over.
            try Directory(path: "\(world.folder)/state/apps").replaceDurably("web.json", "{".utf8)
            let damaged = try await world.modplan("plan", "--detailed-exitcode")
            #expect(damaged.output.contains("is not a state file"))
            let mended = try await world.modplan("state", "rebuild", "web")
            #expect(mended.status == 0 && mended.output.contains("kept aside: "), "\(mended)")
            #expect(try await world.modplan("history", "web", "--json").output == before)
            try await world.apply()
            #expect(try await world.plan().status == 0)
        }
    }
}
