import Glibc
import Host
import Testing

/// A host that comes up again: the engine is there, and no container runs, nothing is mounted, no loop
/// device is made. One pass brings all of it back.
@Suite struct RebootTests {
    @Test func onePassMountsChecksAndStartsEverything() async throws {
        let images = ["build-static", "run-static"].map { "\(Fixture.images)/\($0)" }
        try await PrivateEngine.with(images: images) { engine in
            try await Fixture.with(engine: engine.socket) { world in
                try world.define("web", "ready: {path: /}\ninstances: 2")
                try world.define("other", "ready: {path: /}")
                try world.define("lost", "ready: {path: /}")
                try await world.commit("apps")
                try await world.apply()

                try await reboot(engine, world)
                try await Self.damage("web.0.r1", world, ["free_blocks_count 7"])
                try await Self.damage("lost.0.r1", world, [], clearing: true)
                try await engine.start()
                let planned = try await world.plan()
                #expect(planned.status == 2, "\(planned)")

                let applied = try await world.modplan("apply", "--yes")
                // One app's volume is beyond mending, and nobody else's matter.
                #expect(applied.status == 1, "\(applied)")
                let lost = "volume \(world.name).run.lost.0.r1: cannot mount: its file system is"
                #expect(applied.errors.contains(lost), "\(applied)")
                for (app, instance) in [("web", 0), ("web", 1), ("other", 0)] {
                    let address = try await world.address(app, instance: instance)
                    #expect(try await world.get(address).contains("<"))
                }
                let left = try await world.plan()
                #expect(left.output.contains("lost/0"))
                #expect(left.output.contains("web"), "\(left)")
                #expect(!left.output.contains("~ web"), "\(left)")

                // The way out that the error names.
                #expect(try await world.modplan("destroy", "lost", "--yes").status == 0)
                #expect(try await world.modplan("apply", "--yes").status == 0)
                #expect(try await world.plan().status == 0)
            }
        }
    }

    private func reboot(_ engine: PrivateEngine, _ world: Fixture) async throws {
        try await engine.end()
        for mount in try mountPoints().filter({ $0.hasPrefix("\(world.volumes)/") }) {
            try await Tool.run("umount", [mount])
        }
        for _ in 0..<100 {
            let devices = try await Tool.run("losetup", ["--list", "--noheadings"])
            if !devices.contains(world.volumes) { return }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw Failure("a loop device is left")
    }

    /// Notes an error in a volume's file system, as the kernel would.
    private static func damage(
        _ volume: String, _ world: Fixture, _ fields: [String], clearing: Bool = false
    ) async throws {
        let image = "\(world.volumes)/images/\(world.name).run.\(volume).img"
        for field in ["state 2"] + fields {
            try await Tool.run("debugfs", ["-w", "-R", "set_super_value \(field)", image])
        }
        // Without a root folder there is nothing that could be mended without a person.
        if clearing { try await Tool.run("debugfs", ["-w", "-R", "clri <2>", image]) }
    }
}
