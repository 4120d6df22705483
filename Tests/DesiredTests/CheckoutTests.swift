import Foundation
import Testing

@testable import Desired

/// The host file and the examples of this checkout are documentation that must stay true.
@Suite struct CheckoutTests {
    private let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    @Test func theHostFileDecodes() throws {
        let bytes = try Data(contentsOf: root.appending(path: "modplan.yaml"))
        let hostFile = try decodeHostFile(Array(bytes), file: "modplan.yaml").get()
        #expect(hostFile.definitions.path == "examples/apps")
        #expect(hostFile.installation == "examples")
    }

    @Test func theExamplesValidate() throws {
        let folder = root.appending(path: "examples/apps")
        let files = try FileManager.default.contentsOfDirectory(
            at: folder, includingPropertiesForKeys: nil
        ).filter { $0.pathExtension == "yaml" }
        #expect(!files.isEmpty)
        let apps = try validate(
            files: files.map {
                ("examples/apps/\($0.lastPathComponent)", Array(try Data(contentsOf: $0)))
            }
        ).get()
        #expect(apps.count == files.count)
    }
}
