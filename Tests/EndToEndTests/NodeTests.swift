import FoundationEssentials
import Host
import Testing

/// What the Node images choose and run.
@Suite struct NodeTests {
    @Test func aRangeChoosesTheHighestReleaseThatIsCarried() async throws {
        let wanted: [(range: String, answer: String)] = [
            (#"undefined"#, "24.19.0"), (#""""#, "24.19.0"), (#""lts/*""#, "24.19.0"),
            (#""^20""#, "20.18.0"), (#"">=18 <21""#, "20.18.0"), (#""20.x""#, "20.18.0"),
            (#""18 || 22""#, "22.20.0"), (#""18""#, "18.18.2"), (#""~22.20""#, "22.20.0"),
            (#""*""#, "24.19.0"), (#""lts/iron""#, "20.18.0"), (#""lts/Hydrogen""#, "18.18.2"),
            (#""20.18.0 - 22""#, "22.20.0"), (#""^16""#, "no Node matches"),
            (#"">22 <24""#, "no Node matches"), (#""lts/argon""#, "no Node is"),
            (#""twenty""#, "is not a range"), (#""lts/../default""#, "is not a range"),
            ("20", "is not a range"), (#"{"a":1}"#, "is not a range"),
        ]
        let list = wanted.map(\.range).joined(separator: ",")
        let script = """
            const { nodeVersion } = require('/usr/local/lib/modplan/manifest.js');
            for (const range of [\(list)]) {
              try { console.log(nodeVersion({ engines: { node: range } }).version); }
              catch (error) { console.log(error.message); }
            }
            """
        try await ImageRun.with([:]) { run in
            let outcome = try await run.run(
                "build-node", "/opt/node/default/bin/node", "-e", script)
            let answers = outcome.output.split(separator: "\n")
            try #require(answers.count == wanted.count, "\(outcome)")
            for (item, answer) in zip(wanted, answers) {
                #expect(answer.contains(item.answer), "\(item.range): \(answer)")
                guard !item.answer.contains(".") else { continue }
                #expect(answer.hasPrefix("package.json: engines.node: "))
                #expect(
                    answer.hasSuffix(
                        "; there is 18.18.2 (lts/hydrogen), 20.18.0 (lts/iron), "
                            + "22.20.0 (lts/jod), 24.19.0 (lts/krypton)"))
            }
        }
    }

    @Test func anImpossibleRangeFailsTheBuild() async throws {
        try await ImageRun.with(["package.json": #"{"engines": {"node": ">=99"}}"#]) { run in
            let outcome = try await run.run("build-node", "build")
            #expect(outcome.status == 1)
            #expect(outcome.errors.contains("no Node matches '>=99'; there is 18.18.2"))
        }
    }

    /// The shallowest package is the app's, its tests run when asked for, and what a first try does
    /// not get is tried again.
    @Test func aBuildFindsThePackageTestsItAndTriesAgain() async throws {
        func manifest(_ test: String, _ rest: String = "") -> String {
            #"{"name": "found", "scripts": {"test": "\#(test)"}\#(rest)}"#
        }
        let decoys = ["node_modules/package.json": "{}", "a/b/c/package.json": "{}"]
        for (test, status) in [("echo tested $npm_package_name", Int32(0)), ("exit 3", 1)] {
            let files = decoys.merging(["a/z/package.json": manifest(test)]) { $1 }
            try await ImageRun.with(files) { run in
                let outcome = try await run.run(
                    "build-node", environment: ["RUN_TESTS": "true"], "build")
                #expect(outcome.status == status, "\(outcome)")
                #expect(outcome.output.contains("build: Node 24.19.0 (no engines.node)"))
                if status == 0 {
                    #expect(outcome.output.contains("tested found\n"), "\(outcome)")
                    let made = try Directory(path: "\(run.folder)/output/.modplan")
                    #expect(try made.read("package", limit: 100) == Array("a/z\n".utf8))
                    #expect(try made.read("runtime", limit: 100) == Array("node 24.19.0\n".utf8))
                } else {
                    #expect(outcome.errors.contains("npm test failed with status 3"))
                }
            }
        }
        let files = [
            "package.json": manifest("true", #", "dependencies": {"far": "1.0.0"}"#),
            ".npmrc": "registry=http://127.0.0.1:9/\nfetch-retries=0\n",
        ]
        try await ImageRun.with(files) { run in
            let outcome = try await run.run("build-node", "build")
            #expect(outcome.status == 1)
            for attempt in 1...2 {
                #expect(outcome.output.contains("try \(attempt) of 3 failed"), "\(outcome)")
            }
            #expect(outcome.errors.contains("(try 3)"), "\(outcome)")
        }
    }

    @Test func withoutANpmScriptTheFirstKnownFileIsRun() async throws {
        var files = ["package.json": #"{"main": "lib/own.js"}"#]
        let names = ["lib/own.js", "index.js", "app.js", "server.js", "main.js"]
        for name in names { files[name] = "console.log('this is \(name)')" }
        for name in names {
            try await ImageRun.with(files) { run in
                let outcome = try await run.run("run-node", "start")
                #expect(outcome.output.contains("this is \(name)\n"), "\(outcome)")
            }
            files[name] = nil
            // A package without main, from here on.
            files["package.json"] = "{}"
        }
    }

    /// npm's own `npm start` stays where there is a poststart: the two are compared.
    @Test func startGivesTheCommandWhatNpmGivesIt() async throws {
        let nasty = "two\nlines % \"a\" 'b' ; # \u{e9}\t"
        let script = #"A='x  y' B=\"$HOME\" node show.js 'two  words' --x=\"q\\\"q\""#
        let plain = try await shown(
            #""start": "\#(script)", "poststart": "true""#, environment: ["NASTY": nasty])
        let ours = try await shown(#""start": "\#(script)""#, environment: ["NASTY": nasty])
        #expect(ours.arguments == ["two  words", "--x=q\"q"])
        #expect(ours.environment["NASTY"] == nasty && ours.environment["A"] == "x  y")
        #expect(ours.environment["npm_lifecycle_event"] == "start")
        #expect(ours.environment["npm_package_name"] == "shown")
        #expect(ours.environment["npm_package_version"] == "1.2.3")
        #expect(ours.environment["PATH"]?.hasPrefix("/mnt/app/node_modules/.bin:") == true)
        #expect(ours.arguments == plain.arguments)
        #expect(ours.folder == plain.folder)
        #expect(ours.parent == "tini" && plain.parent == "sh")
        func same(_ key: String) -> Bool { ours.environment[key] == plain.environment[key] }
        let keys = Set(ours.environment.keys).union(plain.environment.keys)
        #expect(keys.filter { !same($0) } == ["HOSTNAME"])
        #expect(keys.contains("HOME") && keys.contains("npm_execpath"))
    }

    private struct Shown: Decodable {
        var arguments: [String]
        var environment: [String: String]
        var folder: String
        var parent: String
    }

    private func shown(_ scripts: String, environment: [String: String]) async throws -> Shown {
        let program = """
            console.log('shown ' + JSON.stringify({
              arguments: process.argv.slice(2), environment: process.env, folder: process.cwd(),
              parent: require('fs').readFileSync(`/proc/${process.ppid}/comm`, 'utf8').trim() }))
            """
        let manifest = #"""
            {"name": "shown", "version": "1.2.3", "scripts": {"prestart": "touch /mnt/tmp/pre", \#(scripts)}}
            """#
        var result: Shown?
        try await ImageRun.with(["package.json": manifest, "show.js": program]) { run in
            let outcome = try await run.run("run-node", environment: environment, "start")
            let line = outcome.output.split(separator: "\n").last { $0.hasPrefix("shown ") }
            let text = try #require(line, "\(outcome)").dropFirst("shown ".count)
            result = try JSONDecoder().decode(Shown.self, from: Data(text.utf8))
            #expect(try Directory(path: "\(run.folder)/tmp").names().contains("pre"))
        }
        return try #require(result)
    }

    /// The app is the container's command itself, whatever its command line holds.
    @Test(arguments: [
        ("exit 42", 42), ("node -e 'process.exit(7)'", 7), ("./die", 128 + 9),
        ("X=1 node -e \\\"process.kill(process.pid,'SIGSEGV')\\\"", 128 + 11),
        ("true && node -e 'process.exit(3)'", 3), ("prestart fails", 9),
    ])
    func startEndsAsTheAppEnds(script: String, status: Int32) async throws {
        let fails = script == "prestart fails"
        let manifest = """
            {"name": "s", "version": "1.0.0",
             "scripts": {"prestart": "exit \(fails ? 9 : 0)", "start": "\(script)"}}
            """
        let files = ["package.json": manifest, "die": "#!/bin/sh\nkill -9 $$\n"]
        try await ImageRun.with(files) { run in
            let outcome = try await run.run("run-node", "start")
            #expect(outcome.status == status, "\(outcome)")
        }
    }
}
