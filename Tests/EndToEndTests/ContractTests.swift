import Glibc
import Host
import Testing

/// What a running app may and may not do, with the real settings on the real engine.
@Suite struct ContractTests {
    @Test func anAppIsMopWithoutCapabilitiesAndWritesOnlyWhereItMay() async throws {
        try await Fixture.with { world in
            try world.define("node", "hello-node", "ready: {path: /}\npublish: 127.0.0.1:18471")
            try world.define("web", "ready: {path: /}\npublish: 127.0.0.1:18472")
            try await world.commit("two apps")
            try await world.apply()
            let who = try await world.get("127.0.0.1:18471/whoami")
            #expect(who.contains(#""uid":441,"gid":444"#))
            #expect(who.contains(#""effectiveCapabilities":"0000000000000000""#))
            #expect(who.contains(#""boundingCapabilities":"0000000000000000""#))
            #expect(who.contains(#""noNewPrivileges":"1""#))
            #expect(try await world.get("127.0.0.1:18472").contains("<html"))

            for app in ["node", "web"] {
                try await expectReadOnly(world, app)
                let table = try await Tool.run(
                    "docker", ["top", world.container(app), "-eo", "uid,pid,comm"])
                let users = table.split(separator: "\n").dropFirst().map {
                    $0.split(separator: " ").first ?? ""
                }
                #expect(users.count >= 4 && users.allSatisfy { $0 == "441" }, "\(table)")
            }
            try await fill(world)
        }
    }

    /// Tries to write one file into every folder of the image, as the app's user.
    private func expectReadOnly(_ world: Fixture, _ app: String) async throws {
        let script = """
            for d in $(find / -xdev -type d 2>/dev/null) /mnt /mnt/app /run /tmp /dev/shm; do
                (: > "$d/.probe") 2>/dev/null && echo "$d" && rm -f "$d/.probe"
            done; true
            """
        let found = try await world.exec(app, "sh", "-c", script)
        let writable = Set(found.output.split(separator: "\n").map(String.init))
        #expect(writable == ["/mnt/app", "/run", "/tmp", "/dev/shm"], "\(found)")
        let id = try await world.exec(app, "id", "-u")
        #expect(id.output == "441\n")
    }

    /// A full volume is that app's trouble alone.
    private func fill(_ world: Fixture) async throws {
        let full = try await world.exec(
            "node", "sh", "-c", "cat /dev/zero > /mnt/tmp/fill; echo status $?")
        #expect(full.errors.contains("No space left on device"), "\(full)")
        #expect(try await world.exec("web", "sh", "-c", "echo ok > /mnt/tmp/a").status == 0)
        #expect(try await world.get("127.0.0.1:18472").contains("<html"))
        #expect(try await world.exec("node", "rm", "/mnt/tmp/fill").status == 0)
        #expect(try await world.get("127.0.0.1:18471").contains("node"))
    }

    @Test func aBuildThatOverrunsALimitIsToldApartAndLeavesNothing() async throws {
        try await Fixture.with { world in
            let cases: [(build: String, script: String, wanted: String)] = [
                ("timeout: 2s", "setTimeout(() => {}, 60000)", "did not end within 2 s"),
                (
                    "volume: 48MiB",
                    "const fs=require('fs');const f=fs.openSync('/mnt/tmp/x','w');for(;;)fs.writeSync(f,Buffer.alloc(1<<20))",
                    "filled its volume"
                ),
                (
                    "memory: 128MiB", "const k=[];for(;;)k.push(Buffer.alloc(1<<22,1))",
                    "ran out of memory"
                ),
                ("memory: 512MiB", "process.exit(7)", "failed with exit status"),
            ]
            for (index, item) in cases.enumerated() {
                let app = "app\(index)"
                try world.write(
                    """
                    app: \(app)
                    language: node
                    source: {path: sources/\(app)}
                    build: {network: none, \(item.build)}
                    run: {volume: 64MiB}

                    """, to: "apps/\(app).yaml")
                try world.write(
                    #"{"name": "\#(app)", "scripts": {"build": "node build.js"}}"#,
                    to: "sources/\(app)/package.json")
                try world.write(item.script, to: "sources/\(app)/build.js")
            }
            try await world.commit("four bad builds")
            let failed = try await world.modplan("apply", "--yes")
            #expect(failed.status == 1)
            for item in cases { #expect(failed.errors.contains(item.wanted), "\(item) \(failed)") }
            let left = try await Tool.run(
                "docker", ["ps", "-aq", "--filter", "label=modplan.installation=\(world.name)"])
            #expect(left.isEmpty)
            #expect(try Directory(path: "\(world.volumes)/images").names().isEmpty)
        }
    }
}
