import Foundation
import Testing

@testable import State

@Suite struct BuildLogTests {
    @Test func linesAreThereAtOnceAndTheNextBuildBeginsAnew() throws {
        try withFolder { folder in
            let logs = BuildLogs(folder: "\(folder)/builds")
            #expect(try logs.lines(of: "web") == nil)
            let log = try logs.begin("web")
            log.add("one")
            #expect(try logs.lines(of: "web")?.dropFirst() == ["one"])
            let attributes = try FileManager.default.attributesOfItem(
                atPath: "\(folder)/builds/web.log")
            #expect(attributes[.posixPermissions] as? Int == 0o600)
            try logs.begin("web").add("two")
            // Of a build that was given up: it cannot reach the new one's file.
            log.add("late")
            #expect(try logs.lines(of: "web")?.dropFirst() == ["two"])
            try logs.remove("web")
            #expect(try logs.lines(of: "web") == nil)
        }
    }

    @Test func theEndOfALongOutputIsKept() throws {
        try withFolder { folder in
            let logs = BuildLogs(folder: folder)
            let log = try logs.begin("web")
            let line = String(repeating: "x", count: 990)
            for number in 0..<3000 { log.add("\(number) \(line)") }
            let size = try bytes("\(folder)/web.log").count
            #expect(size <= BuildLogs.sizeLimit && size > BuildLogs.sizeLimit / 3)
            let lines = try #require(try logs.lines(of: "web"))
            #expect(lines.first == "modplan: earlier lines were left out")
            let numbers = lines.dropFirst().compactMap { Int($0.split(separator: " ")[0]) }
            #expect(numbers == Array((3000 - numbers.count)..<3000))
        }
    }
}
