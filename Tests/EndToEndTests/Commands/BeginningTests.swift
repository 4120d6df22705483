import Foundation
import Host
import Testing

/// What a new user does first.
@Suite struct BeginningTests {
    @Test func aFreshInstallationPlansAtOnceAndIsNotOverwritten() async throws {
        try await Fixture.with { world in
            let folder = "\(world.folder)/new"
            let config = "\(folder)/modplan.yaml"
            func modplan(_ words: String...) async throws -> Outcome {
                try await Fixture.run(words)
            }
            let name = "\(world.name)-new"
            let made = try await modplan("init", folder, "--installation", name)
            #expect(made.status == 0 && made.output.contains("modplan plan"), "\(made)")
            let plan = try await modplan("plan", "--detailed-exitcode", "--config", config)
            #expect(plan.status == 2 && plan.output.contains("+ hello/0"), "\(plan)")
            let again = try await modplan("init", folder)
            #expect(again.status == 1 && again.errors.contains("overwrites nothing"), "\(again)")
            let json = try await modplan(
                "init", "\(world.folder)/other", "--installation", name, "--json")
            #expect(json.output.contains("\"formatVersion\" : 1"), "\(json)")
        }
    }

    @Test func doctorNamesWhatIsMissingAndHowToMendIt() async throws {
        try await Fixture.with { world in
            try world.define("web", "ready: {path: /}")
            try await world.commit("web")
            let well = try await world.modplan("doctor")
            #expect(well.output.contains("ok  engine"), "\(well)")
            #expect(well.output.contains("ok  images"), "\(well)")

            let original = try String(
                decoding: Directory(path: world.folder).read("modplan.yaml", limit: 4096),
                as: UTF8.self)
            let broken =
                original.replacing("unix://\(world.proxy.path)", with: "unix:///nowhere.sock")
                .replacing("path: apps", with: "path: elsewhere")
            try Directory(path: world.folder).replaceDurably("broken.yaml", broken.utf8)
            let ill = try await world.modplan(
                "doctor", "--json", config: "\(world.folder)/broken.yaml")
            #expect(ill.status == 1)
            let document = try #require(
                try JSONSerialization.jsonObject(with: Data(ill.output.utf8)) as? [String: Any])
            let checks = try #require(document["checks"] as? [[String: String]])
            let problems = checks.filter { $0["status"] == "problem" }
            #expect(problems.compactMap { $0["check"] } == ["engine", "definitions"], "\(ill)")
            #expect(problems.allSatisfy { $0["mend"]?.isEmpty == false })
            let lost = try await world.modplan("doctor", config: "/nowhere.yaml")
            #expect(lost.status == 1 && lost.output.contains("modplan init"), "\(lost)")
        }
    }

    @Test(arguments: ["bash", "zsh", "fish"])
    func aCompletionScriptIsWrittenForEachShell(_ shell: String) async throws {
        let script = try await Fixture.run(["--generate-completion-script", shell])
        #expect(script.status == 0 && script.output.contains("---completion"), "\(script)")
        if shell == "bash" {
            let file = "/tmp/modplan-completion-\(UUID())"
            try Directory(path: "/tmp").create(
                String(file.dropFirst(5)), script.output.utf8, mode: 0o600)
            defer { try? removeHostEntry(file, folder: false) }
            try await Tool.run("bash", ["-n", file])
        }
    }

    @Test func theNamesOfAppsAreCompleted() async throws {
        try await Fixture.with { world in
            try world.define("web", "ready: {path: /}")
            try world.define("wiki", "ready: {path: /}")
            try await world.commit("two")
            for command in ["logs", "history", "plan", "status", "destroy"] {
                // As the scripts ask: the words so far, and where the cursor is in them.
                let asked = try await Fixture.run([
                    "---completion", command, "--", "positional@0", "4", "2", "modplan", command,
                    "--config", world.config, "wi",
                ])
                #expect(asked.output.split(separator: "\n") == ["wiki"], "\(command) \(asked)")
            }
        }
    }
}
