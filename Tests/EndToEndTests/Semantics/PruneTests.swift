import FoundationEssentials
import Glibc
import Host
import Testing

/// What nothing needs is removed, and nothing else.
@Suite struct PruneTests {
    private struct Document: Decodable {
        struct Change: Decodable {
            var address: String
            var bytes: Int64?
        }

        struct Plan: Decodable {
            var purpose: String?
            var changes: [Change]
        }

        var plan: Plan
    }

    @Test func theLastFiveReleasesStayAndCanBeRolledBackTo() async throws {
        try await Fixture.with { world in
            try world.define("web", "ready: {path: /}")
            for number in 1...7 {
                try world.write("<p>\(number)</p>", to: "sources/hello-static/index.html")
                try await world.commit("\(number)")
                try await world.apply()
            }
            let superseded = try await image(of: world, builtBy: world.name)
            let foreign = try await image(of: world, builtBy: "another-installation")
            try await leaveVolumes(world)

            let plan = "\(world.folder)/prune.plan"
            let saved = try await world.modplan("prune", "--out", plan, "--json")
            #expect(saved.status == 0, "\(saved)")
            #expect(try images(world, "artifact").count == 7, "a plan removes nothing")
            let shown = try await world.modplan("show", plan)
            #expect(shown.output.contains("Prune: 4 to remove, "), "\(shown)")
            #expect(shown.output.contains("1 volume to trim"), "\(shown)")

            let pruned = try await world.modplan("apply", plan, "--json")
            #expect(pruned.status == 0, "\(pruned)")
            let document = try JSONDecoder().decode(Document.self, from: Data(pruned.output.utf8))
            #expect(document.plan.purpose == "prune")
            #expect(document.plan.changes.filter { $0.address.hasPrefix("artifact/") }.count == 2)
            #expect(document.plan.changes.allSatisfy { $0.bytes != nil })
            #expect(try images(world, "artifact").count == 5)
            #expect(try images(world, "build") == [])
            #expect(try hostEntry("\(world.volumes)/images/other.artifact.0123.img") != nil)
            #expect(try await !exists(superseded, world))
            #expect(try await exists(foreign, world))
            try await world.docker(["image", "rm", foreign])
            let again = try await world.modplan("apply", plan)
            #expect(again.status == 1, "\(again)")

            let third = try await world.modplan("rollback", "web", "--to", "3", "--yes")
            #expect(third.status == 0, "\(third)")
            #expect(try await world.get(world.address("web")) == "<p>3</p>")
            let second = try await world.modplan("rollback", "web", "--to", "2", "--yes")
            #expect(second.status == 1 && second.errors.contains("the artifact of release 2 is"))
            let history = try await world.modplan("history", "web")
            #expect(history.output.contains("running, pinned"), "\(history)")
            #expect(history.output.split(separator: "\n").count { $0.contains("  gone ") } == 2)
            let listed = try await world.modplan("volumes", "list")
            #expect(listed.output.contains("web/3"), "\(listed)")
            #expect(listed.output.contains("Storage: the disk of "), "\(listed)")
        }
    }

    @Test func whatARunningApplyIsAtIsLeftAlone() async throws {
        try await Fixture.with { world in
            try world.define("web", "ready: {path: /}")
            try await world.commit("web")
            try await world.apply()
            try await leaveVolumes(world)
            try world.define("web", "ready: {path: /}\nenvironment: {A: b}")
            try await world.commit("changed")
            let apply = try Running.apply(world, "web")
            let lock = "\(world.folder)/state/locks/web.lock"
            for _ in 0..<2000 {
                if try lockHolder(of: lock)?.pid == apply.processID { break }
                usleep(2000)
            }
            kill(apply.processID, SIGSTOP)
            let beside = try await world.modplan("prune", "--yes")
            kill(apply.processID, SIGCONT)
            #expect(beside.status == 0, "\(beside)")
            #expect(beside.output.contains("left alone, in use by a running command"), "\(beside)")
            #expect(try images(world, "build").count == 1)
            #expect(try await apply.end(withinSeconds: 60) == 0, "\(apply.text)")
            // The next apply clears it up as well.
            #expect(try await world.modplan("prune", "--yes").status == 0)
            #expect(try images(world, "build") == [])
            #expect(try await world.plan().status == 0)
        }
    }

    /// An image that once had a name of ours.
    private func image(of world: Fixture, builtBy: String) async throws -> String {
        let id = try await Fixture.pipeline(
            "printf 'FROM scratch\\nLABEL a=\(world.name)\\n' | docker build --quiet "
                + "--label modplan.input=old-\(world.name) --label modplan.parent= "
                + "--label modplan.image=run-old --label modplan.built-by=\(builtBy) -")
        return id.trimmingSuffix("\n")
    }

    private func exists(_ image: String, _ world: Fixture) async throws -> Bool {
        try await world.docker(["images", "--all", "--quiet", "--no-trunc"]).contains(image)
    }

    /// What a build that died left, and a volume of somebody else's.
    private func leaveVolumes(_ world: Fixture) async throws {
        let folder = try Directory(path: "\(world.volumes)/images")
        for name in ["\(world.name).build.web.0123", "other.artifact.0123"]
        where try hostEntry("\(folder.path)/\(name).img") == nil {
            try folder.create("\(name).img", [UInt8](repeating: 7, count: 4096), mode: 0o600)
        }
    }

    private func images(_ world: Fixture, _ role: String) throws -> [String] {
        try Directory(path: "\(world.volumes)/images").names().filter {
            $0.hasPrefix("\(world.name).\(role).")
        }
    }
}
