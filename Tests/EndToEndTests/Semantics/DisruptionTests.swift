import FoundationEssentials
import Host
import Testing

/// The table of DESIGN §4, row by row: what the plan says of the disruption, against what happened
/// to the container and to the process. Each row's plan is empty afterwards.
@Suite struct DisruptionTests {
    /// What a disruption shows in.
    private struct Facts: Equatable, CustomStringConvertible {
        var container: String
        var started: String
        var process: Int32

        var description: String { "\(container.prefix(8)) \(started) \(process)" }
    }

    private enum Happened: String {
        case nothing, processRestarted, containerRestarted, containerReplaced
    }

    private func facts(_ world: Fixture, _ app: String = "web") async throws -> Facts {
        let text = try await world.inspect(app, "{{.Id}} {{.State.StartedAt}}").split(
            separator: " ")
        return Facts(
            container: String(text[0]), started: String(text[1]),
            process: try await world.appProcess(app))
    }

    private func happened(_ before: Facts, _ after: Facts) -> Happened {
        if before.container != after.container { return .containerReplaced }
        if before.started != after.started { return .containerRestarted }
        return before.process != after.process ? .processRestarted : .nothing
    }

    /// Plans what a cause has left, expects these words in it, applies, and expects this to happen.
    private func row(
        _ world: Fixture, _ name: String, says words: [String], _ expected: Happened,
        app: String = "web", after cause: () async throws -> Void
    ) async throws {
        let before = try await facts(world, app)
        let other = try await facts(world, "other")
        try await cause()
        try await world.await("\(name) in the plan") { try await world.plan().status == 2 }
        let planned = try await world.plan()
        for word in words { #expect(planned.output.contains(word), "\(name): \(planned)") }
        try await world.apply()
        let after = try await facts(world, app)
        #expect(happened(before, after) == expected, "\(name): \(before) then \(after)")
        #expect(try await facts(world, "other") == other, "\(name) touched another app")
        #expect(try await world.plan().status == 0, "\(name)")
    }

    private func define(
        _ world: Fixture, memory: Int = 128, cpus: String = "0.5", greeting: String = "one",
        instances: Int = 1
    ) async throws {
        try world.define(
            "web", "hello-node",
            """
            memory: \(memory)MiB
            cpus: \(cpus)
            instances: \(instances)
            ready: {path: /}
            environment: {GREETING: \(greeting)}
            """)
        try await world.commit("memory \(memory), cpus \(cpus), \(greeting), \(instances)")
    }

    @Test func whatThePlanSaysOfALivingContainerIsWhatHappens() async throws {
        try await Fixture.with { world in
            try world.define("other", "ready: {path: /}")
            try await define(world)
            try await world.apply()

            try await row(world, "cpus", says: ["run.cpus", "no disruption"], .nothing) {
                try await define(world, cpus: "1")
            }
            #expect(try await world.inspect("web", "{{.HostConfig.NanoCpus}}") == "1000000000")
            try await row(
                world, "memory raised", says: ["128MiB → 192MiB", "no disruption"], .nothing
            ) {
                try await define(world, memory: 192, cpus: "1")
            }
            // Under the living process, by the kernel's word.
            let limit = try await world.exec(
                "web", "sh", "-c",
                "cat /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null || cat /sys/fs/cgroup/memory.max"
            ).output
            #expect(limit.trimmingSuffix("\n") == "\(192 << 20)")
            try await row(
                world, "memory lowered", says: ["192MiB → 128MiB", "process restart"],
                .processRestarted
            ) {
                try await define(world, memory: 128, cpus: "1")
            }
            try await row(
                world, "an environment value", says: ["GREETING changed", "process restart"],
                .processRestarted
            ) {
                try await define(world, cpus: "1", greeting: "two")
            }
            try await row(
                world, "program stopped", says: ["program STOPPED", "process restart"],
                .processRestarted
            ) {
                _ = try await world.exec(
                    "web", "supervisorctl", "-c", "/etc/supervisor/supervisord.conf", "stop", "app")
            }
            let mount = "\(world.volumes)/mounts/\(world.name).run.web.0.r1"
            try Directory(path: mount).create("tmp/kept", Array("kept".utf8), mode: 0o644)
            try await row(
                world, "layout damaged", says: ["layout is damaged: tmp", "no disruption"], .nothing
            ) {
                try await Tool.run("chown", ["root", "\(mount)/tmp"])
            }
            try await row(
                world, "container dead", says: ["container does not run", "restart"],
                .containerRestarted
            ) {
                try await Tool.run("docker", ["kill", try await world.container("web")])
            }
            try await row(
                world, "container gone", says: ["container is missing"], .containerReplaced
            ) {
                try await Tool.run("docker", ["rm", "-f", try await world.container("web")])
            }
            let kept = try Directory(path: mount).read("tmp/kept", limit: 16)
            #expect(kept == Array("kept".utf8), "on the same volume")
            try await row(
                world, "instances up", says: ["web/1", "more instances", "no disruption"], .nothing
            ) {
                try await define(world, cpus: "1", greeting: "two", instances: 2)
            }
            try await row(world, "instances down", says: ["fewer instances"], .nothing) {
                try await define(world, cpus: "1", greeting: "two")
            }
        }
    }

    @Test func aReleaseRollsAndAPublishedPortHasItsGap() async throws {
        try await Fixture.with { world in
            try world.define("other", "ready: {path: /}")
            try world.define("web", "ready: {path: /}")
            try await world.commit("web")
            try await world.apply()

            world.proxy.forget()
            try await row(
                world, "source changed", says: ["source changed", "rolling, no downtime"],
                .containerReplaced
            ) {
                try world.write("<p>second</p>", to: "sources/hello-static/index.html")
                try world.define("other", "ready: {path: /}\nenvironment: {}")
                try await world.commit("second page")
                // The other app has the same source: pinned to the old one by its own ref.
                try await pinOther(world)
            }
            let calls = world.proxy.mutations.filter { $0.contains("/containers/") }
            let start = try #require(calls.firstIndex { $0.contains(".web.0.r2/start") })
            let stop = try #require(calls.firstIndex { $0.contains("/stop") })
            #expect(start < stop, "the new one was up before the old ended: \(calls)")

            try await publishAndMeasure(world)
            try await world.git(in: world.clone, "rm", "--quiet", "apps/web.yaml")
            try await world.commit("web is gone")
            #expect(try await world.plan().output.contains("gone from git"))
            try await world.apply()
            #expect(try await world.containers("web").isEmpty)
            #expect(try await world.plan().status == 0)
        }
    }

    /// PHP sizes its memory once, at the start; and another run image is another container.
    @Test func memoryOfPHPRestartsItAndAnotherRunImageRolls() async throws {
        try await Fixture.with { world in
            try await Tool.run(
                "cp",
                ["-R", "\(Fixture.checkout)/examples/sources/hello-php", "\(world.clone)/sources/"])
            try world.define("other", "ready: {path: /}")
            func define(memory: Int) async throws {
                try world.write(
                    """
                    app: web
                    language: php
                    source: {path: sources/hello-php}
                    build: {network: none, volume: 128MiB}
                    run: {volume: 64MiB, memory: \(memory)MiB, ready: {path: /}}

                    """, to: "apps/web.yaml")
                try await world.commit("php with \(memory)")
            }
            // The same images under names of this test's own, so that one can be replaced.
            let images = ["build-static", "run-static", "build-php", "run-php"]
            for image in images {
                try await Tool.run(
                    "docker", ["tag", "\(Fixture.images)/\(image)", "\(world.name)/\(image)"])
            }
            let outcome = await Result {
                try await Tool.run(
                    "sed", ["-i", "s|^images: .*|images: \(world.name)|", world.config])
                try await define(memory: 128)
                try await world.apply()
                try await row(
                    world, "memory of php raised", says: ["128MiB → 192MiB", "process restart"],
                    .processRestarted
                ) {
                    try await define(memory: 192)
                }
                try await row(
                    world, "run image", says: ["run image changed", "rolling, no downtime"],
                    .containerReplaced
                ) {
                    try await newImage("\(world.name)/run-php", in: world)
                }
            }
            _ = try await world.modplan("destroy", "--yes", "--allow-destroy")
            for image in images {
                _ = try? await Tool.run("docker", ["rmi", "\(world.name)/\(image)"])
            }
            try outcome.get()
        }
    }

    /// The same image but for what it was built from.
    private func newImage(_ name: String, in world: Fixture) async throws {
        try makeFolders("\(world.folder)/image")
        try Directory(path: "\(world.folder)/image").replaceDurably(
            "Dockerfile", "FROM \(name)\nLABEL modplan.input=another-\(world.name)\n".utf8)
        try await Tool.run(
            "docker", ["build", "--quiet", "--tag", name, "\(world.folder)/image"])
    }

    /// The other app keeps the source that it has.
    private func pinOther(_ world: Fixture) async throws {
        let first = try await world.git(in: world.clone, "rev-list", "--max-parents=0", "HEAD")
        try world.write(
            """
            app: other
            language: static
            source: {path: sources/hello-static, ref: \(first.trimmingSuffix("\n"))}
            build: {network: none, volume: 128MiB}
            run: {volume: 64MiB, ready: {path: /}}

            """, to: "apps/other.yaml")
        try await world.commit("other stays")
        // Its definition differs, and nothing of it has to be done.
    }

    private func publishAndMeasure(_ world: Fixture) async throws {
        let port = try freePort()
        try await row(
            world, "publish changed", says: ["run.publish changed", "gap ~3 s"],
            .containerReplaced
        ) {
            try world.define("web", "ready: {path: /}\npublish: 127.0.0.1:\(port)")
            try await world.commit("published")
        }
        let watch = try await ServiceWatch.start { "127.0.0.1:\(port)" }
        try await row(
            world, "source changed, published", says: ["source changed", "gap ~3 s"],
            .containerReplaced
        ) {
            try world.write("<p>third</p>", to: "sources/hello-static/index.html")
            try await world.commit("third page")
        }
        let gap = await watch.stop()
        print("the published port was unserved for \(gap) s, planned ~3 s")
        #expect(gap > 0 && gap < 10)
    }
}
