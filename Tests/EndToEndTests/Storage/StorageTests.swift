import Glibc
import Host
import Testing

/// Data that outlives releases: on one container at a time, and gone only when that is asked for.
@Suite struct StorageTests {
    private func define(_ world: Fixture, storage: String = "storage: 32MiB") throws {
        try world.define(
            "web", "hello-node",
            """
            memory: 128MiB
            \(storage)
            ready: {path: /, timeout: 10s}
            """)
    }

    private func image(_ world: Fixture) -> String {
        "\(world.volumes)/images/\(world.name).storage.web.0.img"
    }

    private func data(_ world: Fixture) async throws -> String {
        let outcome = try await world.exec("web", "cat", "/mnt/app-storage/data")
        return outcome.output.trimmingSuffix("\n")
    }

    private func put(_ text: String, _ world: Fixture) async throws {
        let outcome = try await world.exec(
            "web", "sh", "-c", "echo \(text) > /mnt/app-storage/data")
        #expect(outcome.status == 0, "\(outcome)")
    }

    @Test func itOutlivesReleasesGoodAndBad() async throws {
        try await Fixture.with { world in
            try define(world)
            try await world.commit("web")
            try await world.apply()
            let owner = try await world.exec("web", "stat", "-c", "%u:%g", "/mnt/app-storage")
            #expect(owner.output == "441:444\n", "\(owner)")
            try await put("kept", world)

            let source = "sources/hello-node/server.js"
            let code = String(
                decoding: try readHostFile("\(world.clone)/\(source)", limit: 1 << 20),
                as: UTF8.self)
            try world.write(code + "\n// second\n", to: source)
            try await world.commit("second")
            let planned = try await world.plan()
            #expect(planned.output.contains("gap ~5 s, the storage moves"), "\(planned)")
            world.proxy.forget()
            try await world.apply()
            #expect(try await data(world) == "kept")
            let calls = world.proxy.mutations.filter { $0.contains("/containers/") }
            let stop = try #require(calls.firstIndex { $0.contains("/stop") })
            let start = try #require(calls.firstIndex { $0.contains(".web.0.r2/start") })
            #expect(stop < start, "never two on one storage: \(calls)")
            #expect(try await world.plan().status == 0)

            // One that does not get ready: the old one is started again, on the same data.
            let old = try await world.container("web")
            try world.write("process.exit(3)\n", to: source)
            try await world.commit("broken")
            let failed = try await world.modplan("apply", "--yes")
            #expect(failed.status == 1, "\(failed)")
            let running = try await world.containers("web")
            #expect(running == [old], "the old one serves again, and alone")
            let found = try await world.docker(["exec", old, "cat", "/mnt/app-storage/data"])
            #expect(found == "kept\n")

            try world.write(code + "\n// mended\n", to: source)
            try await world.commit("mended")
            try await world.apply()
            #expect(try await data(world) == "kept")
            #expect(try await world.plan().status == 0)
        }
    }

    @Test func itGrowsUnderItsProcessAndIsNeverMadeSmaller() async throws {
        try await Fixture.with { world in
            try define(world)
            try await world.commit("web")
            try await world.apply()
            try await put("kept", world)
            let process = try await world.appProcess("web")
            try define(world, storage: "storage: 64MiB")
            try await world.commit("more storage")
            let planned = try await world.plan()
            #expect(planned.output.contains("run.storage 32MiB → 64MiB"), "\(planned)")
            #expect(planned.output.contains("no disruption"), "\(planned)")
            try await world.applyGrowth(of: "web", under: process)
            let mount = "\(world.volumes)/mounts/\(world.name).storage.web.0"
            #expect(try spaceOf(mount).total > 40 << 20)
            #expect(try await data(world) == "kept")
            try define(world)
            try await world.commit("less storage")
            let refused = try await world.plan()
            #expect(refused.status == 1 && refused.errors.contains("never made smaller"))
            #expect(try await world.containers("web").count == 1)
        }
    }

    @Test func itIsKeptUntilSomebodyAsksForItsEnd() async throws {
        try await Fixture.with { world in
            try world.define("other", "ready: {path: /}")
            try define(world)
            try await world.commit("web")
            try await world.apply()
            try await put("kept", world)

            // Without run.storage the app goes on, and the volume stays.
            try define(world, storage: "")
            try await world.commit("no storage")
            try await world.apply()
            #expect(try await world.exec("web", "cat", "/mnt/app-storage/data").status != 0)
            let held = try await world.plan()
            #expect(held.status == 0 && held.output.contains("no instance has it"), "\(held)")
            try define(world)
            try await world.commit("storage again")
            try await world.apply()
            #expect(try await data(world) == "kept")

            // Pruned only where nobody has it.
            let none = try await world.modplan("prune", "--storage", "web", "--yes")
            #expect(none.status == 0, "\(none)")
            #expect(try await data(world) == "kept")

            // Gone from git, and back.
            try await world.git(in: world.clone, "rm", "--quiet", "apps/web.yaml")
            try await world.commit("web is gone")
            try await world.apply()
            #expect(try await world.containers("web").isEmpty)
            let gone = try await world.plan()
            #expect(gone.status == 0 && gone.output.contains("kept, since"), "\(gone)")
            #expect(try hostEntry(image(world)) != nil)
            #expect(try !mountPoints().contains { $0.hasSuffix(".storage.web.0") })
            try define(world)
            try await world.commit("web is back")
            try await world.apply()
            #expect(try await data(world) == "kept")

            // Destroyed, with and without the flag.
            let kept = try await world.modplan("destroy", "web", "--yes")
            #expect(kept.status == 0, "\(kept)")
            #expect(try hostEntry(image(world)) != nil)
            try await world.apply()
            #expect(try await data(world) == "kept")
            try world.define("other", "ready: {path: /}\nstorage: 16MiB")
            try await world.commit("the other one has storage")
            try await world.apply()
            try world.define("other", "ready: {path: /}")
            try await world.commit("and no longer")
            try await world.apply()
            let listed = try await world.modplan("volumes", "list")
            #expect(listed.output.contains("storage.other.0"), "\(listed)")
            let pruned = try await world.modplan("prune", "--storage", "other", "--yes")
            #expect(pruned.output.contains("unused since 20"), "\(pruned)")
            #expect(pruned.status == 0)
            #expect(try !mountPoints().contains { $0.hasSuffix(".storage.other.0") })
            #expect(try await !world.plan().output.contains("no instance has it"))
            let ended = try await world.modplan("destroy", "web", "--yes", "--allow-destroy")
            #expect(ended.status == 0, "\(ended)")
            #expect(ended.output.contains("storage.web.0, 32 MiB"), "its size: \(ended)")
            #expect(ended.output.contains("made 20"), "its age: \(ended)")
            #expect(try hostEntry(image(world)) == nil)
            #expect(try await world.containers("other").count == 1)
        }
    }

    @Test func dataComesBackWithItsRelease() async throws {
        try await Fixture.with { world in
            try await onReflinks(world) {
                try define(world)
                try await world.commit("first")
                try await world.apply()
                try await put("one", world)
                try world.write("// second\n", to: "sources/hello-node/second.js")
                try await world.commit("second")
                let planned = try await world.plan()
                #expect(planned.output.contains("snapshot: the data of release 1"), "\(planned)")
                try await world.apply()
                #expect(try await data(world) == "one")
                try await put("two", world)

                let back = try await world.modplan("rollback", "web", "--with-data", "--yes")
                #expect(back.status == 0, "\(back)")
                #expect(back.output.contains("present data kept as"), "\(back)")
                #expect(try await data(world) == "one")
                #expect(try await world.inspect("web", "{{.Name}}").hasSuffix(".r1"))
                #expect(try await world.plan().status == 0)

                let again = try await world.modplan(
                    "rollback", "web", "--with-data", "--to", "2", "--yes")
                #expect(again.status == 0, "\(again)")
                #expect(try await data(world) == "two")
                #expect(try await world.inspect("web", "{{.Name}}").hasSuffix(".r2"))
            }
        }
    }

    @Test func withoutSnapshotsDataDoesNotComeBack() async throws {
        try await Fixture.with { world in
            // The tests' own folder may be on a file system that has them.
            guard try !sharesBlocks(in: world.folder) else { return }
            try define(world)
            try await world.commit("first")
            try await world.apply()
            try world.write("// second\n", to: "sources/hello-node/second.js")
            try await world.commit("second")
            try await world.apply()
            let refused = try await world.modplan("rollback", "web", "--with-data", "--yes")
            #expect(refused.status == 1)
            #expect(refused.errors.contains("cannot share blocks"), "\(refused)")
            #expect(try await world.inspect("web", "{{.Name}}").hasSuffix(".r2"))
        }
    }

    /// Has the volumes on a file system of their own that shares blocks between files.
    private func onReflinks(_ world: Fixture, _ body: () async throws -> Void) async throws {
        let image = "\(world.folder)/xfs.img"
        try makeFile(image)
        try resizeFile(image, size: 600 << 20)
        try await Tool.run("mkfs.xfs", ["-q", "-m", "reflink=1", image])
        try makeFolders(world.volumes)
        try await Tool.run("mount", ["-o", "loop", image, world.volumes])
        try await body()
        let ended = try await world.modplan("destroy", "--yes", "--allow-destroy")
        #expect(ended.status == 0, "\(ended)")
        try await Tool.run("umount", [world.volumes])
    }
}
