import Foundation
import Observed
import Testing

@testable import Planning

/// Each scenario's plan, to the byte. `MODPLAN_RECORD=1` writes them anew, for a person to read.
@Suite struct ScenarioTests {
    private static var isRecording: Bool {
        ProcessInfo.processInfo.environment["MODPLAN_RECORD"] == "1"
    }

    @Test(arguments: try Scenario.all)
    func planIsAsRecorded(_ scenario: Scenario) throws {
        let (text, json) = try Self.rendered(scenario)
        for (name, content) in [("plan.txt", text), ("plan.json", json)] {
            let file = scenario.folder.appending(path: name)
            if Self.isRecording {
                try content.write(to: file, atomically: false, encoding: .utf8)
            }
            let recorded = try String(contentsOf: file, encoding: .utf8)
            #expect(content == recorded, "\(scenario.testDescription)/\(name)")
        }
    }

    /// What `show` prints is what `plan` printed.
    @Test(arguments: try Scenario.all)
    func aSavedPlanReadsTheSame(_ scenario: Scenario) throws {
        guard let plan = try? Planning.plan(scenario.input()) else { return }
        let saved = try JSONEncoder().encode(PlanDocument(plan))
        let loaded = try JSONDecoder().decode(PlanDocument.self, from: saved)
        #expect(loaded.text == plan.text)
        for change in plan.changes {
            #expect(Address(change.address.description) == change.address)
        }
    }

    @Test func aSavedPlanCannotMoveTheCursor() throws {
        let scenario = try #require(try Scenario.all.first { $0.testDescription == "new-app" })
        var document = PlanDocument(try Planning.plan(scenario.input()))
        document.changes[0].address = "app/\u{1b}[2J/build"
        document.changes[0].fields = ["a\nPlan: 0 changes"]
        document.changes[0].action = "explode"
        #expect(document.text.split(separator: "\n").count == document.changes.count + 1)
        #expect(!document.text.contains("\u{1b}"))
        #expect(document.text.contains("explode"))
    }

    /// Beside the release that serves lies the container of one that never got ready.
    @Test func theReleaseThatServedIsStartedAgain() throws {
        let name = "storage-release-after-a-failed-one"
        let scenario = try #require(try Scenario.all.first { $0.testDescription == name })
        let input = try scenario.input()
        let serving = input.observed.engine.value?.containers.first { $0.labels.release == 1 }
        let started = try Planning.plan(input).steps.compactMap { step in
            if case .startContainer(let container) = step.operation, !step.remedyOf.isEmpty {
                container
            } else {
                nil
            }
        }
        #expect(started == [try #require(serving).reference])
    }

    @Test(arguments: ["", "app", "app/web", "app/web/instance/01", "app/web/instance/0/disk/run"])
    func whatIsNoAddressIsNone(_ text: String) { #expect(Address(text) == nil) }

    @Test func nothingIsRecordedInCI() {
        let isCI = ProcessInfo.processInfo.environment["CI"].map { !$0.isEmpty } ?? false
        #expect(!(isCI && Self.isRecording), "recording makes every scenario pass")
    }

    @Test func scenariosAreFound() throws {
        #expect(try Scenario.all.count >= 25)
    }

    private static func rendered(_ scenario: Scenario) throws -> (text: String, json: String) {
        let plan: Plan
        do {
            plan = try Planning.plan(scenario.input())
        } catch let error as PlanningError {
            return ("error: \(error)\n", "null\n")
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let json = String(decoding: try encoder.encode(PlanDocument(plan)), as: UTF8.self)
        return (plan.text, json + "\n")
    }
}
