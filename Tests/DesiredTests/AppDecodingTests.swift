import Testing

@testable import Desired

@Suite struct AppDecodingTests {
    @Test func everyKeyArrives() throws {
        let text = """
            # every key there is
            app: web
            images: {build: build-node, run: run-custom}
            x-owner: {team: [a, b]}
            source:
              repository: shop.git
              ref: refs/heads/main
              path: ./services/web/
            build:
              timeout: 90s
              volume: 3GiB
              memory: 512MiB
              network: none
              environment: {RUN_TESTS: true}
            run:
              instances: 3
              memory: 268435456
              cpus: 1.25
              volume: 2GiB
              port: 3000
              publish: 0.0.0.0:8081
              environment:
                GREETING: hello
                EMPTY: ''
                NULL_WORD: "null"
                ODD: "a%\\"';# b\\nü"
              ready: {path: /health?full=1, timeout: 1m}
              storage: 1GiB
            restart: {budget: 0, window: 1h}
            """
        let app = try decodeApp(Array(text.utf8), file: "apps/web.yaml").get()
        #expect(
            app
                == AppDefinition(
                    name: "web", buildImage: "build-node", runImage: "run-custom", language: nil,
                    source: SourceReference(
                        repository: .named("shop.git"), ref: "refs/heads/main",
                        path: "services/web"),
                    build: BuildSettings(
                        timeout: Interval(seconds: 90), volume: .gibibytes(3),
                        memory: .mebibytes(512), network: .none,
                        environment: ["RUN_TESTS": "true"]),
                    run: RunSettings(
                        instances: 3, memory: .mebibytes(256), millicpus: 1250,
                        volume: .gibibytes(2), port: 3000,
                        publish: PublishedPort(host: "0.0.0.0", port: 8081),
                        environment: [
                            "GREETING": "hello", "EMPTY": "", "NULL_WORD": "null",
                            "ODD": "a%\"';# b\nü",
                        ],
                        ready: ReadyCheck(
                            probe: .http(path: "/health?full=1"), timeout: Interval(seconds: 60)),
                        storage: .gibibytes(1)),
                    restart: RestartBudget(budget: 0, window: Interval(seconds: 3600))))
    }

    /// The defaults are those of the design's example.
    @Test func aLanguageIsEnough() throws {
        let app = try decodeApp(Array("language: php\nbuild:\nrun: ~\n".utf8), file: "shop.yaml")
            .get()
        #expect(
            app
                == AppDefinition(
                    name: "shop", buildImage: "build-php", runImage: "run-php", language: .php,
                    source: SourceReference(repository: .definitions, ref: "HEAD", path: ""),
                    build: BuildSettings(), run: RunSettings(), restart: RestartBudget()))
        #expect(app.build.timeout == Interval(seconds: 900))
        #expect(app.build.volume == .mebibytes(2048))
        #expect(app.run.memory == .mebibytes(256))
        #expect(app.run.ready.probe == .running)
    }

    @Test func readyByConnection() throws {
        let text = "language: node\nrun: {ready: {tcp: true}, publish: 8081}\n"
        let run = try decodeApp(Array(text.utf8), file: "web.yaml").get().run
        #expect(run.ready.probe == .tcp)
        #expect(run.publish == PublishedPort(host: "127.0.0.1", port: 8081))
    }

    @Test func fiveMistakesGiveFiveDiagnostics() {
        let text = """
            app: web
            langauge: node
            source:
              path: ../elsewhere
            run:
              instances: many
              memory: 12 bananas
              publish: localhost:80
            """
        #expect(
            diagnostics(text) == [
                "apps/web.yaml:2:1: langauge: unknown key; did you mean 'language'? (keys that "
                    + "start with x- are free)",
                "apps/web.yaml:4:9: source.path: '../elsewhere' is not a folder in the repository "
                    + "(relative, without '..'; for example examples/apps)",
                "apps/web.yaml:6:14: run.instances: 'many' is not a whole number from 0 to 64",
                "apps/web.yaml:7:11: run.memory: '12 bananas' is not a size (for example 256MiB)",
                "apps/web.yaml:8:12: run.publish: 'localhost:80' is not an IPv4 address and port "
                    + "(for example 127.0.0.1:8081)",
            ])
    }

    /// One mistake each, in a definition that is otherwise whole: a line and its one diagnostic.
    @Test(arguments: [
        ("app: other", "2:6: app: 'other' differs from the file's name: expected 'web'"),
        ("app: [web]", "2:6: app: found a list, expected a name: 1 to 40 of"),
        ("images: {build: a, run: b}", "2:9: images: language names both images already"),
        ("source: examples", "2:9: source: found 'examples', expected a mapping"),
        ("source: {repository: ../other}", "2:22: source.repository: '../other' is not a repo"),
        ("source: {repository: /srv/x.git}", "2:22: source.repository: '/srv/x.git' is not"),
        ("source: {repository: .git}", "2:22: source.repository: '.git' is not a repository"),
        ("source: {ref: --upload-pack=x}", "2:15: source.ref: '--upload-pack=x' is not a git ref"),
        ("source: {ref: 'HEAD:x'}", "2:15: source.ref: 'HEAD:x' is not a git ref"),
        ("source: {path: /etc}", "2:16: source.path: '/etc' is not a folder"),
        ("source: {path: a/../../b}", "2:16: source.path: 'a/../../b' is not a folder"),
        ("source: {path: \"a\\0b\"}", "2:16: source.path: 'a\\u{0}b' is not a folder"),
        ("build: {timeout: 15}", "2:18: build.timeout: '15' is not a duration"),
        ("build: {timeout: 25h}", "2:18: build.timeout: '25h' is more than the most, 24h"),
        ("build: {network: host}", "2:18: build.network: 'host' is not a network (one of egress"),
        ("build: {volume: 1MiB}", "2:17: build.volume: '1MiB' is less than the least, 16MiB"),
        ("build: {memroy: 1GiB}", "2:9: build.memroy: unknown key; did you mean 'memory'?"),
        ("build: {environment: {OUTPUT: x}}", "2:23: build.environment.OUTPUT: the name is res"),
        ("run: [1]", "2:6: run: found a list, expected a mapping"),
        ("run: {instances: 65}", "2:18: run.instances: '65' is not a whole number from 0 to 64"),
        ("run: {instances: -1}", "2:18: run.instances: '-1' is not a whole number"),
        ("run: {instances: 010}", "2:18: run.instances: '010' is not a whole number"),
        ("run: {instances: '1'}", "2:18: run.instances: '1' is not a whole number"),
        ("run: {instances: }", "2:18: run.instances: has no value, expected a whole number"),
        ("run: {memory: 8MiB}", "2:15: run.memory: '8MiB' is less than the least, 16MiB"),
        ("run: {memory: 2TiB}", "2:15: run.memory: '2TiB' is not a size"),
        ("run: {memory: 9999999999GiB}", "2:15: run.memory: '9999999999GiB' is not a size"),
        ("run: {memory: -1}", "2:15: run.memory: '-1' is not a size"),
        ("run: {cpus: 0}", "2:13: run.cpus: '0' is not a number of processors"),
        ("run: {cpus: 0.5.1}", "2:13: run.cpus: '0.5.1' is not a number of processors"),
        ("run: {cpus: 1e3}", "2:13: run.cpus: '1e3' is not a number of processors"),
        ("run: {cpus: 0.0005}", "2:13: run.cpus: '0.0005' is not a number of processors"),
        ("run: {port: 65536}", "2:13: run.port: '65536' is not a whole number from 1 to 65535"),
        ("run: {publish: '1.2.3.256:80'}", "2:16: run.publish: '1.2.3.256:80' is not an IPv4"),
        ("run: {publish: '[::1]:80'}", "2:16: run.publish: '[::1]:80' is not an IPv4 address"),
        ("run: {publish: 65535, instances: 2}", "2:16: run.publish: 2 instances from port 65535"),
        ("run: {ready: {path: health}}", "2:21: run.ready.path: 'health' is not a path that st"),
        ("run: {ready: {path: /, tcp: true}}", "2:29: run.ready.tcp: path and tcp exclude each"),
        ("run: {ready: {tcp: yes}}", "2:20: run.ready.tcp: 'yes' is not true or false"),
        ("run: {storage: plenty}", "2:16: run.storage: 'plenty' is not a size"),
        ("run: {drain: 5s}", "2:7: run.drain: unknown key; "),
        ("run: {environment: [A]}", "2:20: run.environment: found a list, expected a mapping"),
        ("run: {environment: {1A: x}}", "2:21: run.environment.1A: not the name of a variable"),
        ("run: {environment: {A-B: x}}", "2:21: run.environment.A-B: not the name of a variable"),
        ("run: {environment: {PORT: 1}}", "2:21: run.environment.PORT: the name is reserved"),
        ("run: {environment: {NAVI_X: 1}}", "2:21: run.environment.NAVI_X: the name is reserved"),
        ("run: {environment: {A: [1]}}", "2:24: run.environment.A: found a list, expected text"),
        ("run: {environment: {A: {b: c}}}", "2:24: run.environment.A: found a mapping, expected"),
        ("run: {environment: {A: {secret: S}}}", "2:24: run.environment.A: {secret: NAME} is res"),
        ("run: {environment: {A: }}", "2:24: run.environment.A: has no value: write ''"),
        ("run: {environment: {A: \"x\\0\"}}", "2:24: run.environment.A: holds a NUL"),
        ("restart: {budget: 5.5}", "2:19: restart.budget: '5.5' is not a whole number"),
        ("restart: {window: 0s}", "2:19: restart.window: '0s' is not a duration"),
        ("zzzzzz: 1", "2:1: zzzzzz: unknown key; known here: app, build, images, language"),
    ])
    func oneMistake(line: String, expected: String) {
        let found = diagnostics("language: node\n\(line)\n")
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix("apps/web.yaml:\(expected)") == true, "\(found)")
    }

    @Test func bothImagesOrALanguage() {
        #expect(
            diagnostics("images: {build: ../a}\n") == [
                "apps/web.yaml:1:9: images.run: the key is missing: expected an image's name (for "
                    + "example build-node)",
                "apps/web.yaml:1:17: images.build: '../a' is not an image's name (for example "
                    + "build-node)",
            ])
        #expect(
            diagnostics("run: {port: 80}\n") == [
                "apps/web.yaml:1:1: language: the key is missing: expected node, java, php or "
                    + "static (or images: {build, run})"
            ])
    }

    @Test func theFilesNameMustBeAName() {
        let found = diagnostics("language: node\n", file: "apps/Web_1.yaml")
        #expect(found.count == 1)
        #expect(found.first?.contains("the file's name 'Web_1.yaml' gives no app's name") == true)
    }

    /// A value may be a secret that somebody wrote where it does not belong.
    @Test func noValueOfAVariableIsShown() {
        let long = String(repeating: "hunter2", count: 5000)
        let found = diagnostics(
            "language: node\nrun: {environment: {PORT: hunter2, A: \"hunter2\\0\", B: \(long)}}\n")
        #expect(found.count == 3)
        #expect(!found.contains { $0.contains("hunter2") })
    }

    /// An escape of two characters decodes to three bytes, so a file within its limit can carry
    /// an environment beyond it.
    @Test func environmentIsBoundedAsAWhole() {
        let value = String(repeating: "\\L", count: 10_000)
        let found = diagnostics(
            "language: node\nrun: {environment: {A: \"\(value)\", B: \"\(value)\", C: \"\(value)\"}}"
        )
        #expect(
            found == [
                "apps/web.yaml:2:20: run.environment: has 90009 bytes in all, at most 65536 are "
                    + "allowed"
            ])
    }

    /// A pushed file must not drive the terminal of whoever reads the error.
    @Test func controlCharactersAreEscaped() {
        let found = diagnostics("language: \"\\e[31m\\u202ex\"\n", file: "apps/web.yaml")
        #expect(
            found == [
                "apps/web.yaml:1:11: language: '\\u{1b}[31m\\u{202e}x' is not a language (one of "
                    + "node, java, php, static)"
            ])
    }
}

/// What a definition is told, a line each; empty when it decodes.
func diagnostics(_ text: String, file: String = "apps/web.yaml") -> [String] {
    diagnostics(Array(text.utf8), file: file)
}

func diagnostics(_ bytes: [UInt8], file: String = "apps/web.yaml") -> [String] {
    switch decodeApp(bytes, file: file) {
    case .success: []
    case .failure(let failure): failure.list.map(\.description)
    }
}
