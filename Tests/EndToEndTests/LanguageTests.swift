import FoundationEssentials
import Glibc
import Host
import Testing

/// Every language from its source to its page, with the real settings on the real engine.
@Suite struct LanguageTests {
    /// The examples are what the README shows: all of them, built with no network, on another port
    /// than the default, at once.
    @Test func everyExampleBuildsWithoutNetworkAndServes() async throws {
        try await Fixture.with { world in
            let apps = try await defineExamples(in: world)
            #expect(apps == ["hello-java", "hello-node", "hello-php", "hello-static", "hello-war"])
            try await world.commit("the examples")
            try await world.apply()
            #expect(try await world.plan().status == 0)

            func get(_ path: String, of app: String) async throws -> String {
                let address = try await world.address(app).replacing(":8080", with: ":9090")
                return try await world.get(address + path)
            }
            #expect(try await get("/", of: "hello-node") == "hello, node\n")
            #expect(try await get("/about", of: "hello-node").contains(#""builtWith":"v22.20.0""#))
            #expect(try await get("/", of: "hello-java") == "hello, java\n")
            #expect(try await get("/", of: "hello-war").contains("<h1>hello, war</h1>"))
            #expect(try await get("/hello", of: "hello-war") == "hello, servlet\n")
            #expect(try await get("/", of: "hello-php") == "hello, php\n")
            try await checkStatic { try await get($0, of: "hello-static") }
            let site = try await world.address("hello-static").replacing(":8080", with: ":9090")
            let headers = try await Tool.run("curl", ["--silent", "--head", "http://\(site)"])
            #expect(headers.contains("X-Content-Type-Options: nosniff"), "\(headers)")

            // Three quarters of 128 MiB; the JVM keeps a few for itself.
            let heap = Int(try await get("/heap", of: "hello-java").dropLast()) ?? 0
            #expect((90...96).contains(heap))
            #expect(
                try await get("/settings", of: "hello-php") == """
                    memory_limit = 96M
                    upload_max_filesize = 16M
                    date.timezone = Europe/Berlin

                    """)
            for app in apps { try await expectConfined(world, app) }
            try await expectRuntimes(world)
        }
    }

    /// - Returns: their names.
    private func defineExamples(in world: Fixture) async throws -> [String] {
        let examples = "\(Fixture.checkout)/examples"
        try makeFolders("\(world.clone)/examples")
        try await Tool.run("cp", ["-R", "\(examples)/sources", "\(world.clone)/examples/"])
        let files = try Directory(path: "\(examples)/apps").names()
        for (index, file) in files.sorted().enumerated() {
            let bytes = try readHostFile("\(examples)/apps/\(file)", limit: 1 << 16)
            let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map {
                line -> String in
                if line.hasPrefix("  port:") { return "" }
                guard line.hasPrefix("  publish:") else { return String(line) }
                return "  publish: 127.0.0.1:\(18510 + index)\n  port: 9090"
            }
            let text = lines.joined(separator: "\n") + "\n"
            #expect(text.contains("network: none"), "\(file)")
            try world.write(text, to: "apps/\(file)")
        }
        return files.sorted().map { String($0.dropLast(".yaml".count)) }
    }

    private func checkStatic(_ get: (String) async throws -> String) async throws {
        #expect(try await get("/.well-known/security.txt").contains("Contact:"))
        #expect(try await get("/css/site.css").contains("{"))
        for hidden in ["/.lighttpd/headers.conf", "/.modplan/runtime"] {
            await #expect(throws: ToolError.self) { try await get(hidden) }
        }
    }

    /// mop alone, and nothing of the image to write to.
    private func expectConfined(_ world: Fixture, _ app: String) async throws {
        let table = try await Tool.run(
            "docker", ["top", world.container(app), "-eo", "uid,pid,comm"])
        let users = Set(
            table.split(separator: "\n").dropFirst().map { $0.split(separator: " ")[0] })
        #expect(users == ["441"], "\(table)")
        let script = """
            for d in $(find / -xdev -type d 2>/dev/null); do
                (: > "$d/.probe") 2>/dev/null && rm "$d/.probe" && echo "$d"
            done; true
            """
        let writable = try await world.exec(app, "sh", "-c", script).output
        #expect(writable.split(separator: "\n").sorted() == ["/run", "/tmp"], "\(app)")
    }

    /// A release tells what its build chose; an app that shares an artifact tells it too.
    private func expectRuntimes(_ world: Fixture) async throws {
        try world.write(
            """
            language: node
            source: {path: examples/sources/hello-node}
            build: {network: none}
            run: {volume: 64MiB, ready: {path: /}}

            """, to: "apps/same-node.yaml")
        try await world.commit("another app of the same source")
        let outcome = try await world.modplan("apply", "--yes", "same-node")
        #expect(outcome.status == 0 && !outcome.errors.contains("run build"), "\(outcome)")
        let status = try await world.modplan("status", "--json")
        let apps = try JSONDecoder().decode(Status.self, from: Data(status.output.utf8)).apps
        let runtimes = Dictionary(uniqueKeysWithValues: apps.map { ($0.app, $0.runtime) })
        #expect(runtimes["hello-node"] == ["node": "22.20.0"])
        #expect(runtimes["same-node"] == ["node": "22.20.0"])
        #expect(runtimes["hello-static"] == .some(nil))
        #expect(runtimes["hello-war"]??["java"]?.hasPrefix("17.") == true)
        #expect(runtimes["hello-php"]??["php"]?.hasPrefix("8.") == true)
    }

    private struct Status: Decodable {
        struct App: Decodable {
            var app: String
            var runtime: [String: String]?
        }
        var apps: [App]
    }

    /// An exploded web application needs no build, a `public` folder is all that is served, and
    /// what the app says of its memory wins.
    @Test func whatTheAppItselfSaysIsHonoured() async throws {
        try await Fixture.with { world in
            let run = "build: {network: none, volume: 64MiB}\nrun:\n  volume: 64MiB\n"
            try world.write(
                "language: java\nsource: {path: sources/jsp}\n\(run)"
                    + "  ready: {path: /, timeout: 120s}\n"
                    + "  environment: {JAVA_OPTS: -Xmx70m -Dsome.thing=set}\n",
                to: "apps/jsp.yaml")
            try world.write(
                "<%= Runtime.getRuntime().maxMemory() >> 20 %> "
                    + "<%= System.getProperty(\"some.thing\") %>",
                to: "sources/jsp/index.jsp")
            try world.write("<web-app/>", to: "sources/jsp/WEB-INF/web.xml")
            try world.write(
                "language: php\nsource: {path: sources/ini}\n\(run)  ready: {path: /}\n",
                to: "apps/ini.yaml")
            try world.write("memory_limit = 55M\n", to: "sources/ini/php.ini")
            try world.write("SECRET=1\n", to: "sources/ini/.env")
            try world.write(
                "<?php echo ini_get('memory_limit'), ' ', $_SERVER['REQUEST_URI'];",
                to: "sources/ini/index.php")
            try world.write(
                "language: static\nsource: {path: sources/site}\n\(run)  ready: {path: /}\n",
                to: "apps/site.yaml")
            try world.write("only this", to: "sources/site/public/index.html")
            try world.write("not this", to: "sources/site/notes.txt")
            try await world.commit("three apps")
            try await world.apply()
            let site = try await world.address("site")
            #expect(try await world.get(site) == "only this")
            await #expect(throws: ToolError.self) { try await world.get(site + "/notes.txt") }
            let heap = try await world.get(world.address("jsp")).split(separator: " ")
            #expect(heap.count == 2 && heap.last == "set")
            #expect(heap.first.flatMap { Int($0) }.map { (64...70).contains($0) } == true)
            let ini = try await world.address("ini")
            #expect(try await world.get(ini + "/") == "55M /")
            // What is no file is the front controller's; what is not for the public, too.
            #expect(try await world.get(ini + "/a/b?c=1") == "55M /a/b?c=1")
            #expect(try await world.get(ini + "/.env") == "55M /.env")
            #expect(try await world.get(ini + "/php.ini") == "55M /php.ini")
            try await expectOneProgram(world)
        }
    }

    /// Neither half of PHP's pair outlives the other: the app ends, and supervisord starts it anew.
    private func expectOneProgram(_ world: Fixture) async throws {
        for half in ["lighttpd", "php-fpm"] {
            let before = try #require(try await process(half, world))
            kill(before, SIGKILL)
            try await world.await("\(half) and the page to be back") {
                guard let now = try await process(half, world), now != before else { return false }
                return (try? await world.get(world.address("ini"))) == "55M /"
            }
        }
        let status = try await world.modplan("status")
        #expect(status.output.contains("crash"), "\(status)")
    }

    /// The child of navi's child of that name, on the host.
    private func process(_ name: String, _ world: Fixture) async throws -> Int32? {
        let table = try await Tool.run(
            "docker", ["top", world.container("ini"), "-eo", "pid,ppid,comm"])
        let rows = table.split(separator: "\n").map { $0.split(separator: " ") }
        let parents = Set(rows.filter { $0.last == "serve" }.map { $0[0] })
        return rows.first { $0.last?.hasPrefix(name) == true && parents.contains($0[1]) }
            .flatMap { Int32($0[0]) }
    }

    @Test(arguments: [
        ("run-node", "no scripts.start"), ("run-java", "nothing to run in /mnt/app"),
        ("run-php", "expected an index.php"),
    ])
    func nothingToStartIsAnError(image: String, message: String) async throws {
        try await ImageRun.with(["README": "nothing"]) { run in
            let outcome = try await run.run(image, "start")
            #expect(outcome.status == 1 && outcome.errors.contains(message), "\(outcome)")
        }
    }
}
