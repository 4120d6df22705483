import Glibc
import Host
import Testing

/// Logs have bounds, stops have an end, and a supervisord that hangs holds nobody up.
@Suite struct ControlContractTests {
    @Test func whateverAnAppOrItsSupervisordDoesHasBounds() async throws {
        try await Fixture.with { world in
            for app in ["hung", "loud"] {
                try await world.defineProbe(
                    app, build: "network: none, volume: 128MiB", run: "memory: 160MiB")
            }
            try await world.commit("apps")
            try await world.apply()
            try await world.defineProbe(
                "hung", build: "network: none, volume: 128MiB",
                run: "memory: 160MiB, environment: {NEW: value}")
            try await world.commit("an environment")

            // Right before modplan's command gets into the container, supervisord stops.
            let supervisord = try await world.hostProcess("hung", "/supervisord -n")
            world.proxy.forget()
            world.proxy.intercept { line in
                if line.hasPrefix("POST "), line.contains("/exec ") { kill(supervisord, SIGSTOP) }
            }
            async let applied = world.modplan("apply", "--yes")
            try await expectBoundedLogs(world)
            try await expectBoundedStop(world)
            let failed = try await applied
            world.proxy.intercept(nil)
            try await expectNothingLeft(world, failed)

            kill(supervisord, SIGCONT)
            try await world.apply()
            let facts = try await world.ask("hung", "/facts", as: Facts.self)
            #expect(facts.environment["NEW"] == "value")
            #expect(try await world.plan().status == 0)
        }
    }

    private func expectNothingLeft(_ world: Fixture, _ failed: Outcome) async throws {
        #expect(failed.status == 1)
        let container = "\(world.name).hung.0.r1"
        #expect(failed.errors.contains("\(container): its supervisord did not answer within 20 s"))
        #expect(failed.errors.contains("'docker kill \(container)' and apply again"))
        // Seen from now on, and left alone.
        let start = ContinuousClock.now
        let planned = try await world.plan()
        #expect(planned.output.contains("! hung/0  drift    supervisord"), "\(planned)")
        let again = try await world.modplan("apply", "--yes")
        #expect(again.status == 1 && again.errors.contains("left alone"), "\(again)")
        #expect(ContinuousClock.now - start < .seconds(10))
        let table = try await Tool.run(
            "docker", ["top", world.container("hung"), "-eo", "pid,args"])
        #expect(!table.contains("timeout") && !table.contains("supervisorctl"), "\(table)")
        let execs = world.proxy.texts(of: "/exec ").filter { $0.hasPrefix("POST ") }
        #expect(!execs.isEmpty)
        for exec in execs {
            #expect(exec.contains(#""User":"441:444""#) && !exec.contains("Privileged"))
            #expect(exec.contains(#""/run/control.lock","timeout","-k","2","#), "\(exec)")
        }
    }

    // MARK: Logs

    private func expectBoundedLogs(_ world: Fixture) async throws {
        _ = try await world.ask("loud", "/print?mb=50", as: Int?.self)
        let navis = try await world.ask("loud", "/facts", as: Facts.self).processes(named: "navi")
        let parents = try await world.ask("loud", "/facts", as: Facts.self).processes.map(\.parent)
        let listener = try #require(navis.first { !parents.contains($0.pid) })
        // As if the listener had much to complain of.
        try await world.script(
            "loud", "head -c 4000000 /dev/zero | tr '\\0' x > /proc/\(listener.pid)/fd/2")
        // supervisord's own log, full whenever it says something.
        let supervisord = try await world.hostProcess("loud", "/supervisord -n")
        for _ in 0..<3 {
            try await world.script("loud", "head -c 1050000 /dev/zero >> /mnt/log/supervisord.log")
            kill(supervisord, SIGUSR2)
            try await world.await("a new supervisord.log") {
                try logSizes(world, "supervisord.log").contains { $0 < 100_000 }
            }
        }
        let mebibyte: Int64 = 1 << 20
        for (log, files, bytes) in [
            ("app.log", 3, 4 * mebibyte), ("navi.log", 2, mebibyte),
            ("supervisord.log", 2, mebibyte),
        ] {
            let sizes = try logSizes(world, log)
            #expect(sizes.count == files, "rotated: \(log) \(sizes)")
            #expect(sizes.allSatisfy { $0 <= bytes + 256 << 10 }, "\(log) \(sizes)")
        }
    }

    private func logSizes(_ world: Fixture, _ log: String) throws -> [Int64] {
        let folder = try Directory(path: "\(world.mountPoint("loud"))/log")
        return try folder.names().filter { $0.hasPrefix(log) }.compactMap { name in
            try folder.attributes(name).map { Int64($0.st_size) }
        }
    }

    // MARK: Stop

    /// An app that ignores SIGTERM ends when supervisord's patience does, before the engine's.
    private func expectBoundedStop(_ world: Fixture) async throws {
        _ = try await world.ask("loud", "/stubborn", as: Int?.self)
        let id = try await world.container("loud")
        let start = ContinuousClock.now
        try await Tool.run("docker", ["stop", id])
        let took = ContinuousClock.now - start
        #expect(took > .seconds(9) && took < .seconds(15), "\(took)")
        #expect(try await world.inspect("loud", "{{.State.ExitCode}}") == "0")
        try await Tool.run("docker", ["start", id])
    }
}
