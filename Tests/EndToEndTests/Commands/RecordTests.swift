import Foundation
import Host
import Testing

/// What is remembered of apps and plans, shown.
@Suite struct RecordTests {
    @Test func aSavedPlanIsShownAsItWasMade() async throws {
        try await Fixture.with { world in
            try world.define("web", "ready: {path: /}")
            try await world.commit("web")
            let file = "\(world.folder)/plan.json"
            let made = try await world.modplan("plan", "--out", file)
            let json = try await world.modplan("plan", "--json")
            world.proxy.forget()
            #expect(try await world.modplan("show", file).output == made.output)
            #expect(try await world.modplan("show", file, "--json").output == json.output)
            #expect(world.proxy.requests.isEmpty, "show asks the engine nothing")
            let no = try await world.modplan("show", world.config)
            #expect(no.status == 1 && no.errors.contains("is not a plan"), "\(no)")
        }
    }

    @Test func releasesAreListedWithWhatBecameOfThem() async throws {
        try await Fixture.with { world in
            try world.define("web", "ready: {path: /}")
            try await world.commit("first")
            let before = try await world.modplan("history", "web")
            #expect(before.status == 0 && before.output == "web has no release yet.\n", "\(before)")
            try await world.apply()
            try world.write("<p>new</p>", to: "sources/hello-static/index.html")
            try await world.commit("second")
            try await world.apply()
            let text = try await world.modplan("history", "web")
            let rows = text.output.split(separator: "\n").map { $0.split(separator: " ") }
            #expect(rows.count == 3, "\(text)")
            #expect(rows[1].prefix(2) == ["2", "running"] && rows[1].last == "second", "\(text)")
            #expect(rows[2].prefix(2) == ["1", "kept"] && rows[2].last == "first", "\(text)")
            let json = try await world.modplan("history", "web", "--json")
            let document = try #require(
                try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
            let releases = try #require(document["releases"] as? [[String: Any]])
            #expect(releases.map { $0["number"] as? Int } == [2, 1])
            let at = try #require(releases[0]["at"] as? String)
            #expect(try Date(at, strategy: .iso8601).timeIntervalSinceNow > -600)
            #expect(releases[0]["artifactBytes"] as? Int ?? 0 > 0)
            #expect((releases[0]["plan"] as? String)?.count == 64)
            let unknown = try await world.modplan("history", "../web")
            #expect(unknown.status == 1 && unknown.errors.contains("no such app"), "\(unknown)")
        }
    }

    @Test func theStateIsListedShownAndNeverUnlockedByForce() async throws {
        try await Fixture.with { world in
            try world.define("web", "environment: {SECRET: hunter2}\nready: {path: /}")
            try await world.commit("web")
            #expect(try await world.modplan("state", "list").output == "no app has state yet\n")
            try await world.apply()
            let list = try await world.modplan("state", "list")
            #expect(list.output.contains("web") && list.status == 0, "\(list)")
            let shown = try await world.modplan("state", "show", "web")
            let document = try #require(
                try JSONSerialization.jsonObject(with: Data(shown.output.utf8)) as? [String: Any])
            #expect((document["state"] as? [String: Any])?["app"] as? String == "web")
            #expect(!shown.output.contains("hunter2"))
            let free = try await world.modplan("state", "unlock", "web")
            #expect(free.status == 0 && free.output == "web is not locked.\n", "\(free)")

            // Held as a command at work holds it; a second apply is refused, and so is unlocking.
            let lock = try FileLock.take(
                "\(world.folder)/state/locks/web.lock",
                holder: "root, pid \(getpid()) on here, apply since 2026-11-25T20:00:00Z")
            let held = try await world.modplan("state", "unlock", "web", "--json")
            #expect(held.status == 1 && held.output.contains("\"pid\" : \(getpid())"), "\(held)")
            let words = try await world.modplan("state", "unlock", "web")
            #expect(words.output.contains("kill \(getpid())"), "\(words)")
            #expect(try await world.modplan("state", "list").output.contains("apply since"))
            withExtendedLifetime(lock) {}
        }
    }

    @Test func aStateFileThatCannotBeReadIsListedWithItsReason() async throws {
        try await Fixture.with { world in
            try makeFolders("\(world.folder)/state/apps", mode: 0o700)
            let apps = try Directory(path: "\(world.folder)/state/apps")
            try apps.create("web.json", "{".utf8, mode: 0o600)
            let list = try await world.modplan("state", "list")
            #expect(list.status == 1 && list.output.contains("! web  "), "\(list)")
            try apps.removeFile("web.json")
        }
    }
}
