import FoundationEssentials
import Glibc
import Host
import Testing

/// What happens to an app outside of modplan is seen, shown with its evidence, counted once, and
/// mended where supervisord cannot.
@Suite struct DriftTests {
    @Test func aKillIsACrashAnAllocationIsOutOfMemoryAndAStopIsNothing() async throws {
        try await Fixture.with { world in
            try world.define("node", "hello-node", "memory: 128MiB\nready: {path: /}")
            try await world.commit("node")
            try await world.apply()

            kill(try await world.appProcess("node"), SIGKILL)
            try await world.await("the crash") {
                try await world.plan().output.contains("crash at")
            }
            let crash = try await world.plan()
            #expect(crash.status == 0, "supervisord healed it: no step")
            #expect(crash.output.contains("signal 9") && !crash.output.contains("out-of-memory"))
            try await world.await("the app") { try await isUp(world) }
            #expect(try await world.plan().output.contains("recovered"))

            // Counted once, then gone from the plan.
            try await world.apply()
            #expect(try await world.plan().output.contains("0 drift"))
            let status = try await world.modplan("status").output
            #expect(status.contains("crash ×1"))

            _ = try? await world.get(world.address("node") + "/allocate?mb=400")
            try await world.await("the kill") {
                try await world.plan().output.contains("out-of-memory at")
            }
            #expect(try await !world.plan().output.contains("crash"))
            try await world.await("the app") { try await isUp(world) }
            try await world.apply()

            let stopped = try await world.exec(
                "node", "supervisorctl", "-c", "/etc/supervisor/supervisord.conf", "stop", "app")
            #expect(stopped.output.contains("stopped"))
            let planned = try await world.plan()
            #expect(planned.status == 2 && planned.output.contains("program STOPPED"))
            #expect(!planned.output.contains("crash") && !planned.output.contains("memory"))
            try await world.apply()
            #expect(try await isUp(world))
            #expect(try await world.plan().status == 0)
            #expect(try await world.modplan("status").output.contains("crash ×1, out-of-memory ×1"))
        }
    }

    private func isUp(_ world: Fixture) async throws -> Bool {
        (try? await world.get(world.address("node"))) != nil
    }

    @Test func whatIsStoppedRemovedOrEditedByHandIsMended() async throws {
        try await Fixture.with { world in
            try world.define("web", "ready: {path: /}\nenvironment: {A: b}")
            try await world.commit("web")
            try await world.apply()
            let id = try await world.container("web")
            let mount = "\(world.volumes)/mounts/\(world.name).run.web.0.r1"

            let drifts: [(kind: String, cause: () async throws -> Void)] = [
                ("container ended", { try await Tool.run("docker", ["kill", id]) }),
                (
                    "limits",
                    {
                        try await Tool.run(
                            "docker", ["update", "--memory", "300m", "--memory-swap", "300m", id])
                    }
                ),
                (
                    "supervisor.conf",
                    {
                        let file = "\(mount)/supervisor.conf"
                        try await Tool.run("sed", ["-i", "s/startretries=3/startretries=9/", file])
                    }
                ),
                ("layout is damaged", { try await Tool.run("chown", ["root", "\(mount)/tmp"]) }),
                ("volume is not mounted", { try await Tool.run("umount", [mount]) }),
                ("container is missing", { try await Tool.run("docker", ["rm", "--force", id]) }),
            ]
            for drift in drifts {
                try await drift.cause()
                let planned = try await world.plan()
                #expect(planned.status == 2 && planned.output.contains(drift.kind), "\(planned)")
                #expect(planned.output.contains("0 changes, 1 drift"), "\(planned)")
                try await world.apply()
                let after = try await world.plan()
                #expect(after.status == 0, "\(drift.kind): \(after)")
                #expect(try await world.get(world.address("web")).contains("<html"))
            }
        }
    }

    @Test func aProgramThatSupervisordGaveUpOnIsShownAndRetried() async throws {
        try await Fixture.with { world in
            try world.define("node", "hello-node", "ready: {path: /}")
            try await world.commit("node")
            try await world.apply()
            // An app that cannot start again: its file is gone.
            let id = try await world.container("node")
            try await Tool.run("docker", ["exec", id, "mv", "/mnt/app/server.js", "/mnt/app/gone"])
            kill(try await world.appProcess("node"), SIGKILL)
            try await world.await("supervisord to give up") {
                try await world.plan().output.contains("program FATAL")
            }
            let planned = try await world.plan()
            #expect(planned.status == 2)
            #expect(planned.output.contains("gave-up"))
            let failed = try await world.modplan("apply", "--yes")
            #expect(failed.status == 1 && failed.errors.contains("start program FAILED"))
            try await Tool.run("docker", ["exec", id, "mv", "/mnt/app/gone", "/mnt/app/server.js"])
            try await world.apply()
            #expect(try await world.plan().status == 0)
            // The deaths count, one by one; that supervisord gave up does not.
            let state = try Directory(path: "\(world.folder)/state/ledger")
            let events = try JSONDecoder().decode(
                Counted.self, from: Data(try state.read("node.json", limit: 1 << 20))
            ).content.events
            let gaveUp = events.filter { $0.kind == "gave-up" }
            #expect(gaveUp.count == 1 && !gaveUp.contains(where: \.counts))
            let crashes = events.filter { $0.kind == "crash" }
            #expect(crashes.count >= 5 && crashes.allSatisfy(\.counts))
        }
    }

    private struct Counted: Decodable {
        struct Event: Decodable {
            var kind: String
            var counts: Bool
        }
        struct Content: Decodable { var events: [Event] }
        var content: Content
    }

    @Test func anInterruptedApplyConverges() async throws {
        try await Fixture.with { world in
            try world.define("web", "ready: {path: /}\ninstances: 2")
            try world.define("node", "hello-node", "ready: {path: /}")
            try await world.commit("apps")
            for delay in [200, 700, 1500, 2500] {
                let command =
                    "timeout -s KILL \(Double(delay) / 1000) "
                    + "\(Fixture.checkout)/.build/debug/modplan apply --yes --config \(world.config)"
                try await Tool.run("sh", ["-c", command + " >/dev/null 2>&1; true"])
            }
            try await world.apply()
            let after = try await world.plan()
            #expect(after.status == 0, "\(after)")
            #expect(try await world.containers("web").count == 2)
            #expect(try await world.containers("node").count == 1)
            let images = try Directory(path: "\(world.volumes)/images").names()
            #expect(images.count == 5, "two artifacts, three run volumes: \(images)")
        }
    }
}
