import Foundation
import Planning
import Testing

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
