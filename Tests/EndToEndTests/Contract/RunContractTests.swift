import FoundationEssentials
import Glibc
import Host
import Testing

/// A run container is what the image standard promises, seen by an app inside and by the host.
@Suite struct RunContractTests {
    @Test func anAppFindsItsContainerAsPromised() async throws {
        try await Fixture.with { world in
            try await world.defineProbe(
                "probe", build: "network: none, volume: 128MiB, memory: 512MiB",
                run: "memory: 160MiB, publish: 18600, environment: {OWN: value}")
            try defineSite(world)
            try await world.commit("apps")
            try await world.apply()

            let facts = try await world.ask("probe", "/facts", as: Facts.self)
            facts.expectOnlyMop()
            facts.expectSettings(memoryBytes: 160 << 20, processes: 256)
            expectEnvironment(facts)
            expectProcesses(facts)
            expectLayout(facts)
            expectBuild(try await world.ask("probe", "/build", as: Facts.self))
            try await expectNamespaces(world, facts)
            try await expectHostSettings(world)
            for app in ["probe", "web"] {
                try await expectReadOnly(world, app)
                try await expectOnlyMop(world, app)
            }
            try await expectFullVolume(world, of: "probe", beside: "web")
            try await expectIsolation(world)
            try await expectSite(world)
            try await expectEnds(world)

            let attacks = try await world.ask("probe", "/attack", as: [String: String].self)
            #expect(attacks.count == 14)
            for (name, error) in attacks {
                #expect(["EACCES", "EPERM"].contains(error), "\(name): \(error)")
            }
        }
    }

    // MARK: Inside

    private func expectEnvironment(_ facts: Facts) {
        let wanted = [
            "HOME": "/mnt/home", "TEMP_DIR": "/mnt/tmp", "TMPDIR": "/mnt/tmp",
            "TMP_DIR": "/mnt/tmp", "PORT": "\(Fixture.probePort)", "APP_DIR": "/mnt/app",
            "SERVO_SIZE": "160", "OWN": "value",
        ]
        for (name, value) in wanted { #expect(facts.environment[name] == value, "\(name)") }
        #expect(!facts.environment.keys.contains { $0.hasPrefix("NAVI_") }, "navi's own")
        #expect(facts.environment["INPUT"] == nil, "a build's own")
    }

    /// tini, supervisord, the two navis and the app, which the kernel kills first.
    private func expectProcesses(_ facts: Facts) {
        // What Node calls itself: its newer releases name their first thread.
        let names: Set = ["node", "MainThread"]
        #expect(
            facts.processes.map { names.contains($0.name) ? "node" : $0.name }.sorted()
                == ["navi", "navi", "node", "supervisord", "tini"])
        for process in facts.processes {
            #expect(process.oomScore == (names.contains(process.name) ? 500 : 0), "\(process)")
        }
        // Both roles, as they run in a container.
        for navi in facts.processes(named: "navi") {
            #expect((navi.residentKiB ?? .max) <= 1024, "\(navi)")
        }
        #expect(facts.listeningPorts == [Fixture.probePort], "control is the unix socket alone")
    }

    private func expectLayout(_ facts: Facts) {
        let mops = Facts.Entry(type: "folder", mode: 0o755, user: 441, group: 444)
        var wanted = Dictionary(
            uniqueKeysWithValues: ["app", "home", "log", "notifications", "tmp"].map { ($0, mops) })
        wanted["."] = Facts.Entry(type: "folder", mode: 0o755, user: 0, group: 0)
        wanted["supervisor.conf"] = Facts.Entry(type: "file", mode: 0o640, user: 0, group: 444)
        #expect(facts.volume == wanted)
    }

    private func expectBuild(_ built: Facts) {
        built.expectOnlyMop()
        built.expectSettings(memoryBytes: 512 << 20, processes: 1024)
        #expect(built.interfaces == ["lo"], "network: none")
        let wanted = [
            "INPUT": "/mnt/input", "INPUT_DIR": "/mnt/input", "OUTPUT": "/mnt/output",
            "OUTPUT_DIR": "/mnt/output", "HOME": "/mnt/home", "TEMP_DIR": "/mnt/tmp",
            "TMPDIR": "/mnt/tmp", "TMP_DIR": "/mnt/tmp",
        ]
        for (name, value) in wanted { #expect(built.environment[name] == value, "\(name)") }
        let mops = Facts.Entry(type: "folder", mode: 0o755, user: 441, group: 444)
        #expect(built.volume["."] == mops && built.volume["output"] == mops)
        // The image's own build does it: the source was renamed, not copied.
        #expect(built.volume["input"] == nil)
    }

    // MARK: From the host

    private func expectNamespaces(_ world: Fixture, _ facts: Facts) async throws {
        for kind in ["pid", "ipc", "cgroup", "net", "mnt", "uts"] {
            let hosts = try await Tool.run("readlink", ["/proc/self/ns/\(kind)"])
            let others = try await world.script("web", "readlink /proc/self/ns/\(kind)")
            #expect(facts.namespaces[kind]?.hasPrefix("\(kind):[") == true)
            #expect("\(facts.namespaces[kind] ?? "")\n" != hosts, "\(kind) is the host's")
            #expect("\(facts.namespaces[kind] ?? "")\n" != others, "\(kind) is shared by apps")
        }
    }

    private func expectHostSettings(_ world: Fixture) async throws {
        let log = try await world.inspect("probe", "{{json .HostConfig.LogConfig}}")
        #expect(
            log == #"{"Type":"json-file","Config":{"#
                + #""max-file":"3","max-size":"10m","mode":"non-blocking"}}"#)
        let rest = try await world.inspect(
            "probe",
            "{{.Config.User}} {{.HostConfig.RestartPolicy.Name}} {{.HostConfig.Privileged}} "
                + "{{.HostConfig.CapDrop}} {{.HostConfig.CapAdd}} {{.HostConfig.SecurityOpt}} "
                + "{{.HostConfig.Devices}} {{(index .Mounts 0).Propagation}} {{len .Mounts}}")
        #expect(rest == "441:444 no false [ALL] [] [no-new-privileges] [] rprivate 1")
        let ports = try await world.inspect("probe", "{{json .HostConfig.PortBindings}}")
        #expect(
            ports == #"{"\#(Fixture.probePort)/tcp":[{"HostIp":"127.0.0.1","HostPort":"18600"}]}"#)

        // Every container and every command in one was asked for as mop.
        let created = world.proxy.texts(of: "/containers/create")
        #expect(created.count == 4, "two builds, two apps")
        let bridge = try await world.inspect("web", "{{.HostConfig.NetworkMode}}")
        #expect(created.filter { $0.contains(#""NetworkMode":"none""#) }.count == 1)
        #expect(created.filter { $0.contains(#""NetworkMode":"\#(bridge)""#) }.count == 3)
        #expect(created.allSatisfy { $0.contains(#""User":"441:444""#) })
        #expect(world.proxy.texts(of: "").allSatisfy { !$0.contains(#""Privileged":true"#) })
    }

    /// Containers on our bridge reach their gateway and not each other.
    private func expectIsolation(_ world: Fixture) async throws {
        let gateway = try await world.inspect(
            "probe", "{{range .NetworkSettings.Networks}}{{.Gateway}}{{end}}")
        let open = try await world.ask(
            "probe", "/connect?host=\(gateway)&port=9", as: String.self)
        #expect(open == "ECONNREFUSED", "the network works")
        let address = try await world.address("web")
        let host = address.prefix { $0 != ":" }
        #expect(try await world.get(address).contains("site"), "the host reaches it")
        let closed = try await world.ask(
            "probe", "/connect?host=\(host)&port=8080", as: String.self)
        #expect(["timeout", "EHOSTUNREACH", "ECONNREFUSED"].contains(closed))
    }

    // MARK: Init

    /// Orphans are reaped, exact ends come through, and nothing outlives navi.
    private func expectEnds(_ world: Fixture) async throws {
        let left = try await world.ask("probe", "/storm?count=2000", as: [Facts.Process].self)
        #expect(left.isEmpty, "\(left)")

        // Dead before startsecs, navi would be no event of supervisord's.
        try await world.await("RUNNING") {
            try await world.modplan("status").output.contains(/probe +1 +0 +running +RUNNING/)
        }
        let app = try await world.appProcess("probe")
        kill(try await world.hostProcess("probe", "navi run"), SIGKILL)
        try await world.await("the app's end") { kill(app, 0) != 0 }
        try await world.await("the word of it") {
            try await world.plan().output.contains("crash at")
        }
        for (request, wanted) in [
            ("code=42", "crash ×2 since .*exit status 42"),
            ("signal=SIGTERM", "crash ×3 since .*signal 15"),
        ] {
            try await world.await("the app") {
                (try? await world.ask("probe", "/", as: String.self)) == "probe"
            }
            _ = try await world.ask("probe", "/end?\(request)", as: Int?.self)
            let words = try Regex(wanted)
            try await world.await(wanted) { try await world.plan().output.contains(words) }
        }
        try await world.await("the app") {
            (try? await world.ask("probe", "/", as: String.self)) == "probe"
        }
    }

    // MARK: Static

    private func defineSite(_ world: Fixture) throws {
        try world.write("<p>site</p>", to: "sources/site/public/index.html")
        try world.write("known", to: "sources/site/public/.well-known/fact")
        try world.write("secret", to: "sources/site/outside.txt")
        // Not this language's business.
        try world.write(
            #"{"scripts": {"build": "rm -rf public; exit 1"}}"#, to: "sources/site/package.json")
        try world.write(
            #"setenv.add-response-header = ("X-Own" => "snippet")"#,
            to: "sources/site/.lighttpd/own.conf")
        try world.write(
            """
            app: web
            language: static
            source: {path: sources/site}
            build: {volume: 32MiB}
            run: {volume: 32MiB, ready: {path: /}}

            """, to: "apps/web.yaml")
    }

    private func expectSite(_ world: Fixture) async throws {
        let address = try await world.address("web")
        #expect(try await world.get("\(address)/.well-known/fact") == "known", "dotfiles are kept")
        #expect((try? await world.get("\(address)/outside.txt")) == nil, "public/ is the root")
        let head = try await Tool.run("curl", ["--silent", "--head", "http://\(address)/"])
        #expect(head.contains("X-Own: snippet"), "\(head)")
        #expect(
            try await world.script("web", "ls -A /mnt/app")
                == ".lighttpd\noutside.txt\npackage.json\npublic\n")
    }
}
