import FoundationEssentials
import Glibc
import Testing

/// After a deploy that failed and a crash, `why` says both, from the commit to the signal.
@Suite struct WhyTests {
    private struct Document: Decodable {
        struct Release: Decodable {
            var number: Int
            var subject: String
        }
        struct Event: Decodable {
            var kind: String
            var signal: Int?
        }
        struct Plan: Decodable {
            struct Step: Decodable {
                var id: String
                var outcome: String
                var after: String?
            }
            var outcome: String
            var changes: [String]
            var steps: [Step]
        }
        var answer: String
        var release: Release
        var newest: Release?
        var counted: [Event]
        var uncounted: [Event]
        var lastPlan: Plan
    }

    private func why(_ world: Fixture) async throws -> Document {
        let outcome = try await world.modplan("why", "node", "--json")
        #expect(outcome.status == 0, "\(outcome)")
        return try JSONDecoder().decode(Document.self, from: Data(outcome.output.utf8))
    }

    @Test func aFailedDeployAndACrashAreExplained() async throws {
        try await Fixture.with { world in
            try world.define("node", "hello-node", "ready: {path: /}")
            try await world.commit("works")
            try await world.apply()
            let fresh = try await why(world)
            #expect(fresh.answer.contains("release 1") && fresh.lastPlan.outcome == "done")

            kill(try await world.appProcess("node"), SIGKILL)
            try await world.await("the crash") { try await !why(world).uncounted.isEmpty }
            let crashed = try await why(world)
            #expect(crashed.uncounted.map(\.signal) == [9])
            #expect(crashed.answer.contains("not counted yet: crash of instance 0 (release 1)"))

            try world.write("process.exit(3)\n", to: "sources/hello-node/server.js")
            try await world.commit("does not start")
            let failed = try await world.modplan("apply", "--yes")
            #expect(failed.status == 1)
            let explained = try await why(world)
            #expect(explained.answer.hasPrefix("node runs release 1 ("), "\(explained.answer)")
            #expect(explained.answer.contains("its last apply failed at node/0:await-ready: "))
            #expect(explained.release.subject == "works")
            #expect(explained.newest?.subject == "does not start")
            #expect(explained.counted.map(\.signal) == [9])
            #expect(explained.lastPlan.outcome == "failed")
            #expect(explained.lastPlan.changes.contains { $0.hasPrefix("node/0 replace: source ") })
            let skipped = explained.lastPlan.steps.filter { $0.outcome == "skipped" }
            #expect(!skipped.isEmpty)
            #expect(skipped.allSatisfy { $0.after == "node/0:await-ready" })
            let text = try await world.modplan("why", "node").output
            #expect(text.hasPrefix("node runs release 1 ("))
            #expect(text.contains("'does not start'") && text.contains("signal 9"))

            let unknown = try await world.modplan("why", "nope")
            #expect(unknown.status == 1 && unknown.errors.contains("no such app: nope"))
        }
    }
}
