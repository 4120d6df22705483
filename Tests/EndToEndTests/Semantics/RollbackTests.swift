import FoundationEssentials
import Host
import Testing

/// Going back to what ran before is a plan like any other, without a build, and stays.
@Suite struct RollbackTests {
    @Test func anOlderReleaseIsBackWithoutABuildUntilItsDefinitionMoves() async throws {
        try await Fixture.with { world in
            func page(_ text: String) async throws {
                try world.write("<p>\(text)</p>", to: "sources/hello-static/index.html")
                try await world.commit(text)
                try await world.apply()
            }
            try world.define("web", "ready: {path: /}")
            for text in ["one", "two", "three"] { try await page(text) }
            let none = try await world.modplan("rollback", "web", "--to", "9", "--yes")
            #expect(none.status == 1 && none.errors.contains("there is no release 9"), "\(none)")

            world.proxy.forget()
            let back = try await world.modplan("rollback", "web", "--yes")
            #expect(back.status == 0, "\(back)")
            #expect(back.output.contains("rolled back: release 3 → 2"))
            #expect(!world.proxy.mutations.contains { $0.contains(".build.") }, "nothing is built")
            #expect(try await world.get(world.address("web")) == "<p>two</p>")

            // It stays, whatever is applied, and says what it is held from.
            try await world.apply()
            #expect(try await world.get(world.address("web")) == "<p>two</p>")
            let head = try await world.git(in: world.clone, "rev-parse", "HEAD").prefix(7)
            let held = try await world.plan()
            #expect(held.status == 0)
            #expect(
                held.output.contains("pinned to release 2 (HEAD would deploy \(head))"), "\(held)")
            // Without the state's folder as well.
            try Directory(path: world.folder).removeTree("state")
            #expect(try await world.plan().status == 0)

            let first = try await world.modplan("rollback", "web", "--to", "1", "--yes")
            #expect(first.status == 0, "\(first)")
            #expect(try await world.get(world.address("web")) == "<p>one</p>")
            #expect(try await world.modplan("unpin", "web", "--yes").status == 0)
            #expect(try await world.get(world.address("web")) == "<p>three</p>")
            #expect(try await world.plan().status == 0)

            // A new source ends the pin.
            #expect(try await world.modplan("rollback", "web", "--yes").status == 0)
            try await page("four")
            #expect(try await world.get(world.address("web")) == "<p>four</p>")
            #expect(try await !world.plan().output.contains("pinned"))
        }
    }
}
