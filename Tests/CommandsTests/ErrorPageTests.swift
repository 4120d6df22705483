import Desired
import Foundation
import Planning
import Testing

@testable import Execution
@testable import Host
@testable import State

/// Every message that the code can print has its place in `docs/errors.md`.
@Suite struct ErrorPageTests {
    private static let checkout = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    private let page: String

    init() throws {
        page = try String(
            contentsOf: Self.checkout.appending(path: "docs/errors.md"), encoding: .utf8)
    }

    /// The page writes `…` for what differs, and is cut into lines for people.
    private func requireOnPage(_ fragments: [String], _ source: String) {
        let stable = fragments.max { $0.count < $1.count } ?? ""
        let isThere = page.contains(stable)
        #expect(
            isThere,
            "docs/errors.md lacks '\(fragments.joined(separator: "…"))' of \(source)")
    }

    // MARK: What is written out in the sources

    @Test func everyMessageInTheSourcesIsOnThePage() throws {
        var count = 0
        for file in try SwiftMessages.files(in: Self.checkout.appending(path: "Sources")) {
            for fragments in SwiftMessages.find(in: try String(contentsOf: file, encoding: .utf8)) {
                requireOnPage(fragments, file.lastPathComponent)
                count += 1
            }
        }
        #expect(count > 100, "the messages are not found any more: \(count)")
    }

    // MARK: What is put together

    @Test func everyErrorOfAClosedListIsOnThePage() {
        let causes: [BuildError.Cause] = [
            .timeout(seconds: 0), .memory(limitBytes: 0), .processes(limit: 0),
            .disk(sizeBytes: 0), .missing, .status(0), .signal(0),
        ]
        var texts = causes.map { BuildError(cause: $0, lines: []).description }
        texts += [
            PlanningError.imageMissing(app: "0", image: "0").description,
            PlanningError.unknownApps(["0"]).description,
            PlanningError.shrunk(
                .init(
                    app: "0", instance: 0, key: "0", present: ByteCount(bytes: 0),
                    wanted: ByteCount(bytes: 0), wayOut: "0")
            ).description,
            TaskError.neverDeployed("0").description,
            TaskError.unrecorded("0", release: 0).description,
            TaskError.artifactGone("0", release: 0).description,
            TaskError.unknownSettings("0").description, TaskError.networkGone("0").description,
            LockedError(app: "0", holder: "0").description,
            ToolError(tool: "0", arguments: [], failure: .missing, output: "").description,
            ToolError(tool: "0", arguments: [], failure: .deadline(seconds: 0), output: "")
                .description,
            ToolError(tool: "0", arguments: [], failure: .status(0), output: "0").description,
        ]
        for text in texts {
            requireOnPage(text.split(separator: "0").map(String.init), "an error's description")
        }
    }

    @Test func theScannerReadsSwift() {
        let source = """
            throw UsageError(
                "\\(path): is not really a \\(word("x)")) plan; "
                    + "save another one please")
            // UsageError("in a comment it does not count")
            SystemError("read", subject, code: 0, detail: "not a regular file")
            let other = "of no error's at all"
            """
        #expect(
            SwiftMessages.find(in: source) == [
                ["", ": is not really a ", " plan; "], ["save another one please"],
                ["not a regular file"],
            ])
    }
}
