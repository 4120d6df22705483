import Desired
import Synchronization
import Testing

@testable import Execution
@testable import Planning

@Suite struct RuntimeTests {
    @Test func aNoteIsLinesOfNameAndVersion() throws {
        #expect(try Runtime.parse(Array("node 22.20.0\n".utf8)) == ["node": "22.20.0"])
        #expect(
            try Runtime.parse(Array("java 17.0.21+9-Debian\nmaven 3.8.7".utf8)) == [
                "java": "17.0.21+9-Debian", "maven": "3.8.7",
            ])
    }

    @Test(arguments: [
        "", "\n", "node", "node ", " 22", "node  22", "node 22 ", "Node 22", "node 22\r\n",
        "node 22\u{1b}[31m", "node 22;rm", "n\u{f6}de 22", "node 22\nnode 20", "node \u{0}",
        "node " + String(repeating: "1", count: 41), String(repeating: "a", count: 21) + " 1",
        (0..<9).map { "\(UnicodeScalar(UInt8(97 + $0))) 1\n" }.joined(),
    ])
    func anythingElseIsRefused(note: String) {
        #expect(throws: Runtime.Malformed.self) { try Runtime.parse(Array(note.utf8)) }
    }

    @Test func aReleaseIsRecordedWithWhatItsBuildChose() async {
        let recorder = Recorder()
        #expect(await record(with: recorder, failing: []) == [])
        #expect(recorder.all.contains("read key.artifact app/.modplan/runtime"))
        #expect(recorder.all.contains("release web 3 64 node 22.20.0"))
    }

    @Test func whatCannotBeReadIsSaidAndFailsNothing() async {
        let recorder = Recorder()
        let lines = await record(
            with: recorder, failing: ["read key.artifact app/.modplan/runtime"])
        #expect(lines.count == 1 && lines.allSatisfy { $0.contains("runtime is left out") })
        #expect(recorder.all.contains("release web 3 64"))
    }

    /// - Returns: what the step printed.
    private func record(with recorder: Recorder, failing: Set<String>) async -> [String] {
        let release = Release(
            number: 3, commit: "c", subject: "s", tree: "t", artifact: "key", buildImage: "b",
            runImage: "r")
        let step = Step(
            id: "web/build:record-release", subject: .build(app: "web"),
            operation: .recordRelease(release, artifact: "key.artifact"), after: [])
        let lines = Mutex<[String]>([])
        let result = await execute(
            makePlan([step]), named: String(repeating: "d", count: 64),
            with: recorder.executor(failing: failing), parallelism: 1,
            stop: StopRequest()
        ) { event in
            if case .output(_, let line) = event { lines.withLock { $0.append(line) } }
        }
        #expect(result.isComplete)
        return lines.withLock { $0 }
    }
}
