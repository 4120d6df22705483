import Desired
import Docker
import Execution
import Foundation
import Host
import Planning
import Testing

/// A checkout with a tree of two tiny images, its own cache and its own tags, all gone afterwards.
private struct Fixture {
    static let label = "modplan-test"
    let directory: String
    let prefix: String
    let docker = DockerClient()

    var checkout: String { "\(directory)/checkout" }

    init() throws {
        let id = UUID().uuidString.lowercased().prefix(8)
        directory = NSTemporaryDirectory() + "modplan-images-\(id)"
        prefix = "modplan-test-\(id)"
        try makeFolders("\(checkout)/bin")
        try makeFolders("\(checkout)/images/inputs")
        try write(
            """
            inputs: {fetched: [1.0, 2.0]}
            images:
              root: {files: [bin/program]}
              leaf: {parent: root, arguments: {WORD: one}, inputs: [fetched]}
            """, "images/images.yaml")
        // The child inherits the label, so that all that was built is found again.
        try write(
            "FROM scratch\nLABEL \(Self.label)=\(id)\nCOPY program /\n",
            "images/root/Dockerfile")
        try write(
            """
            ARG PARENT
            FROM ${PARENT}
            ARG WORD
            LABEL word=${WORD}
            COPY fetched-1.0 fetched-2.0 sub/note /
            """, "images/leaf/Dockerfile")
        try write("a note", "images/leaf/sub/note")
        try write("a program", "bin/program")
        // Counts its runs, so that a second fetch would show.
        try write(
            "#!/bin/sh\nset -e\necho run >> '\(directory)/runs'\necho $2 > \"$1\"\n",
            "images/inputs/fetched", executable: true)
    }

    func write(_ text: String, _ path: String, executable: Bool = false) throws {
        let file = "\(checkout)/\(path)"
        try makeFolders((file as NSString).deletingLastPathComponent)
        try Data(text.utf8).write(to: URL(fileURLWithPath: file))
        try FileManager.default.setAttributes(
            [.posixPermissions: executable ? 0o755 : 0o644], ofItemAtPath: file)
    }

    func builder() throws -> ImageBuilder {
        ImageBuilder(
            docker: docker, folder: try ImageFolder(checkout: checkout),
            cache: "\(directory)/cache", prefix: prefix, installation: "test-images")
    }

    func runs() throws -> Int {
        try String(contentsOfFile: "\(directory)/runs", encoding: .utf8).split(separator: "\n")
            .count
    }

    /// The names of the images that one build built.
    func built(root: String? = nil) async throws -> [String] {
        var names: [String] = []
        try await builder().build(root: root) { event in
            if case .built(let image, _, _) = event { names.append(image) }
        }
        return names
    }

    func remove() async throws {
        let id = prefix.split(separator: "-").last ?? ""
        let images = try await docker.images(labels: ["\(Self.label)=\(id)"])
        // Children first, the superseded included.
        for image in images.sorted(by: { ($0.labels["word"] ?? "") > ($1.labels["word"] ?? "") }) {
            try await docker.removeImage(image.id)
        }
        try FileManager.default.removeItem(atPath: directory)
    }

    static func with(_ body: (Fixture) async throws -> Void) async throws {
        let fixture = try Fixture()
        do {
            try await body(fixture)
        } catch {
            try? await fixture.remove()
            throw error
        }
        try await fixture.remove()
    }
}

@Suite struct ImageBuilderTests {
    @Test func buildsOnceThenOnlyWhatChangedAndItsDescendants() async throws {
        try await Fixture.with { fixture async throws in
            #expect(try await fixture.built() == ["root", "leaf"])
            let leaf = try await fixture.docker.inspectImage("\(fixture.prefix)/leaf")
            let steps = try await fixture.builder().plan()
            #expect(leaf.labels["word"] == "one")
            #expect(leaf.labels["modplan.input"] == steps.last?.inputDigest)
            #expect(steps.last?.action == .keep(id: leaf.id))

            #expect(try await fixture.built() == [])
            try fixture.write("another note", "images/leaf/sub/note")
            #expect(try await fixture.built() == ["leaf"])
            try fixture.write("another program", "bin/program")
            #expect(try await fixture.built() == ["root", "leaf"])
            // Two versions, each fetched once for all those builds.
            #expect(try fixture.runs() == 2)
        }
    }

    @Test func anotherRootStandsInForTheTreesOwn() async throws {
        try await Fixture.with { fixture async throws in
            #expect(try await fixture.built() == ["root", "leaf"])
            let root = "\(fixture.prefix)/root:latest"
            #expect(try await fixture.built(root: root) == ["leaf"])
            #expect(try await fixture.built(root: root) == [])
        }
    }

    @Test func whatIsMissingOrFailsIsNamed() async throws {
        try await Fixture.with { fixture async throws in
            try fixture.write(
                "#!/bin/sh\necho no such mirror >&2\nexit 3\n", "images/inputs/fetched",
                executable: true)
            await #expect { try await fixture.built() } throws: { error in
                let failure = error as? ImageError
                let cause = failure?.underlying.map(String.init(describing:)) ?? ""
                return failure?.subject == "input fetched-1.0" && cause.contains("no such mirror")
            }
            try FileManager.default.removeItem(atPath: "\(fixture.checkout)/bin/program")
            await #expect { try await fixture.built() } throws: { error in
                "\(error)" == "root: needs bin/program, which `make build` makes"
            }
        }
    }

    @Test func aSecondBuilderIsToldWhoHoldsTheCache() async throws {
        try await Fixture.with { fixture async throws in
            try makeFolders("\(fixture.directory)/cache")
            let lock = try FileLock.take("\(fixture.directory)/cache/lock", holder: "someone else")
            await #expect { try await fixture.built() } throws: { error in
                "\(error)".contains("in use by someone else")
            }
            withExtendedLifetime(lock) {}
        }
    }
}
