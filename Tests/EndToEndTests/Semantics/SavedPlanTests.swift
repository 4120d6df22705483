import FoundationEssentials
import Host
import Testing

/// A saved plan is applied as it was approved, or not at all.
@Suite struct SavedPlanTests {
    @Test func aSavedPlanIsBoundToWhatItRead() async throws {
        try await Fixture.with { world in
            try world.define("web", "ready: {path: /}\nenvironment: {A: a}")
            try world.define("other", "ready: {path: /}")
            try await world.commit("two apps")
            try await world.apply()
            let file = "\(world.folder)/change.plan"
            func save(_ value: String) async throws {
                try world.define("web", "ready: {path: /}\nenvironment: {A: \(value)}")
                try await world.commit("A is \(value)")
                #expect(try await world.modplan("plan", "--out", file).status == 0)
            }
            func refusal() async throws -> String {
                world.proxy.forget()
                let outcome = try await world.modplan("apply", file)
                #expect(outcome.status == 1, "\(outcome)")
                #expect(world.proxy.mutations.isEmpty, "refused, and yet: \(world.proxy.mutations)")
                return outcome.errors
            }

            // Made from another clone of the same commit, it is the same plan.
            try await save("b")
            let here = try await world.modplan("plan", "--json").output
            let there = "\(world.folder)/elsewhere"
            try await world.git(in: "/", "clone", "--quiet", world.clone, there)
            try world.write(
                """
                definitions: {repository: elsewhere, ref: HEAD, path: apps}
                installation: \(world.name)
                images: \(Fixture.images)
                docker: unix://\(world.proxy.path)
                volumes: {backend: file, directory: \(world.volumes)}

                """, to: "../elsewhere.yaml")
            let config = "\(world.folder)/elsewhere.yaml"
            #expect(try await world.modplan("plan", "--json", config: config).output == here)
            #expect(here.contains(#""digest""#))

            // What it read has moved: named, one by one.
            let id = try await world.container("web")
            try await Tool.run("docker", ["update", "--cpus", "0.25", id])
            #expect(try await refusal().contains("container/\(world.name).web.0.r1 of web moved"))
            try await Tool.run("docker", ["update", "--cpus", "0.5", id])
            try world.define("web", "ready: {path: /}\nenvironment: {A: c}")
            try await world.commit("A is c")
            #expect(try await refusal().contains("the definition of web moved"))

            // What it did not read has moved: it is applied.
            try await save("d")
            try await Tool.run("docker", ["kill", try await world.container("other")])
            try world.define("other", "ready: {path: /}\nenvironment: {B: b}")
            try world.define("third", "ready: {path: /}")
            try await world.commit("others move")
            let applied = try await world.modplan("apply", file)
            #expect(applied.status == 0, "\(applied)")
            #expect(applied.output.contains("A changed") && !applied.output.contains("third"))
            #expect(try await refusal().contains("this plan was applied already"))
            #expect(try await world.plan().output.contains("third/0"))
            try await world.apply()
            #expect(try await world.plan().status == 0)
        }
    }
}
