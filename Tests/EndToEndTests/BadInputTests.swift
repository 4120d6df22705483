import Host
import Testing

/// Bad input gives one clear error, exit 1, and changes nothing.
@Suite struct BadInputTests {
    @Test func everyMistakeIsReportedAtOnceWithItsPlace() async throws {
        try await Fixture.with { world in
            try world.write(
                """
                app: web
                language: cobol
                source: {path: sources/hello-static}
                run:
                  memory: 12 bananas
                  instnces: 2
                  publish: 127.0.0.1:99999
                  ready: {path: /, timeout: soon}

                """, to: "apps/web.yaml")
            try await world.commit("five mistakes")
            let outcome = try await world.modplan("validate")
            #expect(outcome.status == 1)
            let places = ["2:11", "5:11", "6:3", "7:12", "8:29"]
            let lines = outcome.errors.split(separator: "\n").filter {
                $0.contains("apps/web.yaml:")
            }
            #expect(lines.count == 5, "\(outcome)")
            for place in places {
                #expect(outcome.errors.contains("apps/web.yaml:\(place): "), "\(place) \(outcome)")
            }
            #expect(outcome.errors.contains("'12 bananas' is not a size"))
            #expect(outcome.errors.contains("instances"), "the nearest key is named")
            world.proxy.forget()
            #expect(try await world.modplan("apply", "--yes").status == 1)
            #expect(world.proxy.mutations == [])
        }
    }

    @Test func whatIsMissingIsNamedWithWhatToDo() async throws {
        try await Fixture.with { world in
            try world.define("web", "ready: {path: /}")
            try await world.commit("web")
            let original = try String(
                decoding: Directory(path: world.folder).read("modplan.yaml", limit: 4096),
                as: UTF8.self)
            let cases: [(old: String, new: String, wanted: [String])] = [
                ("repository: definitions", "repository: nowhere", ["nowhere", "repository"]),
                ("ref: HEAD", "ref: no-such-branch", ["no-such-branch", "correct the ref"]),
                ("path: apps", "path: elsewhere", ["elsewhere"]),
                (
                    "unix://\(world.proxy.path)", "unix:///nowhere.sock",
                    ["/nowhere.sock", "start it"]
                ),
                (
                    "images: \(Fixture.images)", "images: nobody",
                    ["build-static", "modplan images build"]
                ),
            ]
            for (index, item) in cases.enumerated() {
                let name = "bad-\(index).yaml"
                try Directory(path: world.folder).replaceDurably(
                    name, original.replacing(item.old, with: item.new).utf8)
                world.proxy.forget()
                let outcome = try await world.modplan(
                    "apply", "--yes", config: "\(world.folder)/\(name)")
                #expect(outcome.status == 1, "\(item) \(outcome)")
                for word in item.wanted {
                    #expect(outcome.errors.contains(word), "\(item) \(outcome)")
                }
                #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome)")
                #expect(world.proxy.mutations == [])
            }
            let lost = try await world.modplan("plan", config: "/nowhere/modplan.yaml")
            #expect(lost.status == 1 && lost.errors.contains("/nowhere/modplan.yaml"))
            let usage = try await world.modplan("aply")
            #expect(usage.status == 1)
            let silent = try await world.modplan("apply")
            #expect(silent.status == 1 && silent.errors.contains("--yes"))
        }
    }
}
