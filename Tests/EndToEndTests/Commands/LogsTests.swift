import Glibc
import Testing

/// What an app printed, read on the host from volumes that the app owns.
@Suite struct LogsTests {
    @Test func eachInstanceIsShownAndNothingMovesTheCursor() async throws {
        try await Fixture.with { world in
            try world.define("web", "instances: 2\nready: {path: /}")
            try await world.commit("web")
            try await world.apply()
            let both = try await world.modplan("logs", "web")
            #expect(both.status == 0)
            for prefix in ["web/0 │ start: lighttpd", "web/1 │ start: lighttpd"] {
                #expect(both.output.contains(prefix), "\(both)")
            }
            _ = try await world.exec(
                "web", "sh", "-c", "printf 'a\\033[2Jb\\nlast' >> /mnt/log/app.log")
            let one = try await world.modplan("logs", "web", "--instance", "0", "--tail", "2")
            #expect(one.output == "a\\u{1b}[2Jb\nlast\n", "\(one)")
            let json = try await world.modplan("logs", "web", "--tail", "1", "--json")
            #expect(json.output.contains("\"formatVersion\" : 1"))
            #expect(json.output.contains("\"instance\" : 1"))
            let none = try await world.modplan("logs", "web", "--instance", "7")
            #expect(none.status == 1 && none.errors.contains("there is 0, 1"), "\(none)")
            // A link of the app's leads nowhere.
            let swapped = try await world.exec(
                "web", "sh", "-c",
                "mv /mnt/log/app.log /mnt/log/x; ln -s /etc/hostname /mnt/log/app.log")
            #expect(swapped.status == 0)
            let refused = try await world.modplan("logs", "web", "--instance", "0")
            #expect(refused.status == 1 && refused.output.isEmpty, "\(refused)")
        }
    }

    @Test func followingGoesOnThroughRotationAndIntoANewRelease() async throws {
        try await Fixture.with { world in
            try world.define("web", "ready: {path: /}")
            try await world.commit("web")
            try await world.apply()
            func print(_ text: String) async throws {
                let done = try await world.exec(
                    "web", "sh", "-c", "echo \(text) >> /mnt/log/app.log")
                #expect(done.status == 0, "\(done)")
            }
            try await Following.with(world, "logs", "web", "--follow", "--tail", "1") { logs in
                try await world.await("the last line") { !logs.output.isEmpty }
                #expect(logs.output.split(separator: "\n").count == 1)
                try await print("before")
                let rotated = try await world.exec(
                    "web", "sh", "-c",
                    "cd /mnt/log && mv app.log app.log.1 && echo after >app.log")
                #expect(rotated.status == 0, "\(rotated)")
                try await world.await("what came after the rotation") {
                    logs.output.contains("before\nafter\n")
                }
                try world.write("<p>new</p>", to: "sources/hello-static/index.html")
                try await world.commit("a new release")
                try await world.apply()
                try await print("second-release")
                try await world.await("the new release's lines") {
                    logs.output.contains("second-release\n")
                }
                // The new volume's log from its beginning.
                #expect(logs.output.contains("after\nstart: lighttpd"), "\(logs.output)")
                #expect(try await logs.end(SIGTERM, in: world) == 0)
                #expect(logs.errors.isEmpty, "\(logs.errors)")
            }
            try await Following.with(world, "logs", "web", "-f", "--json") { logs in
                try await world.await("a line") { logs.output.contains("\"release\":2") }
                #expect(try await logs.end(SIGINT, in: world) == 0)
            }
            // The reader that has seen enough ends it too.
            let head = try await Fixture.pipeline(
                "\(Fixture.checkout)/.build/debug/modplan logs web -f --config \(world.config) "
                    + "| head -n 1")
            #expect(head.split(separator: "\n").count == 1)
        }
    }

    @Test func aBuildsOutputIsKeptHoweverItEnded() async throws {
        try await Fixture.with { world in
            try world.define("web", "ready: {path: /}")
            try world.define("twin", "ready: {path: /}")
            try await world.commit("web")
            try await world.apply()
            // Both have the same source: one of them built for both.
            let outcomes = [
                try await world.modplan("logs", "twin", "--build"),
                try await world.modplan("logs", "web", "--build"),
            ]
            let built = try #require(outcomes.first { $0.status == 0 })
            #expect(built.output.contains("build: static:"), "\(built)")
            #expect(built.output.contains("modplan: build ended well at "), "\(built)")
            let other = try #require(outcomes.first { $0.status == 1 })
            #expect(other.errors.contains("which has the same source"), "\(other)")

            try world.write("{", to: "sources/broken/package.json")
            try world.write(
                """
                language: node
                source: {path: sources/broken}
                build: {network: none, volume: 128MiB}

                """, to: "apps/broken.yaml")
            try await world.commit("broken")
            #expect(try await world.modplan("apply", "--yes").status == 1)
            let failed = try await world.modplan("logs", "broken", "--build", "--json")
            #expect(failed.status == 0 && failed.output.contains("\"kind\" : \"build\""))
            #expect(failed.output.contains("modplan: build failed at "), "\(failed)")
            let silent = try await world.modplan("logs", "broken")
            #expect(silent.status == 1 && silent.errors.contains("--build"), "\(silent)")
        }
    }
}
