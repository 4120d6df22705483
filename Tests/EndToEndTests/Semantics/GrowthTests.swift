import Host
import Testing

/// A volume grows under the process that uses it, where the host lets it; and is never made smaller.
@Suite struct GrowthTests {
    @Test func aVolumeGrowsUnderItsProcessAndIsNeverMadeSmaller() async throws {
        try await Fixture.with { world in
            func define(_ size: Int) async throws {
                try world.write(
                    """
                    language: static
                    source: {path: sources/hello-static}
                    build: {network: none, volume: 128MiB}
                    run: {volume: \(size)MiB, ready: {path: /}}

                    """, to: "apps/web.yaml")
                try await world.commit("\(size) MiB")
            }
            try world.define("other", "ready: {path: /}")
            try await define(64)
            try await world.apply()
            let process = try await world.appProcess("web")
            let mount = "\(world.volumes)/mounts/\(world.name).run.web.0.r1"
            let before = try spaceOf(mount).total

            try await define(128)
            let planned = try await world.plan()
            #expect(planned.status == 2)
            #expect(planned.output.contains("run.volume 64MiB → 128MiB"), "\(planned)")
            #expect(planned.output.contains("no disruption"), "\(planned)")
            try await world.applyGrowth(of: "web", under: process)
            #expect(try spaceOf(mount).total > before + (32 << 20))
            #expect(try await world.plan().status == 0)

            try await define(64)
            try world.define("other", "ready: {path: /}\nenvironment: {A: b}")
            try await world.commit("another app changes too")
            let refused = try await world.plan()
            #expect(refused.status == 1)
            for words in ["app web", "64MiB", "128MiB", "never made smaller"] {
                #expect(refused.errors.contains(words), "\(refused)")
            }
            let applied = try await world.modplan("apply", "--yes")
            #expect(applied.status == 1)
            #expect(applied.output.contains("other/0"), "other apps go on: \(applied)")
            #expect(applied.errors.contains("never made smaller"), "\(applied)")
            try await define(128)
            #expect(try await world.plan().status == 0)
        }
    }
}
