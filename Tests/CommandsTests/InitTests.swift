import Desired
import Foundation
import Host
import Testing

@testable import Commands

@Suite struct InitTests {
    @Test(arguments: [
        ("/srv/Shop", "shop"), ("/srv/my shop (new)", "my-shop-new"), ("/srv/42 things", "things"),
        ("/", "main"), ("/srv/…", "main"), ("/srv/a--b", "a-b"),
        (
            "/srv/\(String(repeating: "ab-", count: 20))",
            String("\(String(repeating: "ab-", count: 13))a")
        ),
    ])
    func anInstallationIsNamedLikeItsFolder(_ folder: String, _ name: String) {
        #expect(NewInstallation.name(from: folder) == name)
    }

    @Test func itMakesAnInstallationAndOverwritesNothing() async throws {
        let scratch = try Scratch()
        let folder = "\(scratch.path)/shop"
        try await NewInstallation(folder: folder, name: "modplan-test-shop").make()
        let bytes = try readHostFile("\(folder)/modplan.yaml", limit: 1 << 16)
        let hostFile = try decodeHostFile(bytes, file: "modplan.yaml").get()
        #expect(hostFile.installation == "modplan-test-shop")
        let log = try await Tool.run(
            "git", ["-C", "\(folder)/definitions", "log", "--format=%s", "--name-only"])
        #expect(log.contains("apps/hello.yaml") && log.contains("sources/hello/index.html"))
        #expect(throws: UsageError.self) { try NewInstallation(folder: folder, name: "other") }
        #expect(try readHostFile("\(folder)/modplan.yaml", limit: 1 << 16) == bytes)
    }

    @Test(arguments: ["", "Shop", "a b", "9a", "x\nstate: /etc", String(repeating: "a", count: 41)])
    func aNameThatIsNoneIsRefused(_ name: String) throws {
        let scratch = try Scratch()
        #expect(throws: UsageError.self) {
            try NewInstallation(folder: "\(scratch.path)/shop", name: name)
        }
    }

    @Test func aFileInTheWayIsNamed() throws {
        let scratch = try Scratch()
        try scratch.write("x", to: "definitions")
        #expect {
            try NewInstallation(folder: scratch.path, name: "shop")
        } throws: {
            "\($0)".hasPrefix("\(scratch.path)/definitions: is there already")
        }
    }

    @Test(arguments: [("a/b.c", "a/b.c"), ("", "''"), ("a b", "'a b'"), ("it's", "'it'\\''s'")])
    func wordsAreQuotedForAShell(_ word: String, _ text: String) { #expect(quoted(word) == text) }

    @Test func theHostFileOfACommandLineIsFound() {
        #expect(configOption(["modplan", "logs", "--config", "x.yaml", "a"]) == "x.yaml")
        #expect(configOption(["modplan", "--config=y.yaml"]) == "y.yaml")
        #expect(configOption(["modplan", "--config"]) == nil)
    }
}
