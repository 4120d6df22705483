import Desired
import Planning
import Testing

private let tree = ImageTree(images: [
    ImageDeclaration(name: "base", parent: nil),
    ImageDeclaration(name: "build", parent: "base"),
    ImageDeclaration(
        name: "run", parent: "base", arguments: ["A": "1", "B": "2"],
        inputs: [
            ImageInput(name: "node", version: "20.18.0"),
            ImageInput(name: "node", version: "22.20.0"),
        ]),
    ImageDeclaration(name: "run-node", parent: "run"),
])

private func file(
    _ path: String, _ digest: String, isExecutable: Bool = false
) -> ImageSources.File {
    ImageSources.File(path: path, isExecutable: isExecutable, digest: digest)
}

private let sources: [String: ImageSources] = [
    "base": ImageSources(files: [file("Dockerfile", "b0")]),
    "build": ImageSources(files: [file("Dockerfile", "b1"), file("build", "s1")]),
    "run": ImageSources(files: [file("Dockerfile", "r1")], inputPrograms: ["node": "p1"]),
    "run-node": ImageSources(files: [file("Dockerfile", "n1"), file("start", "n2")]),
]

/// The engine as it is after everything was built from these sources.
private func built(_ tree: ImageTree, _ sources: [String: ImageSources]) -> [String: ExistingImage]
{
    let steps = planImages(tree, sources: sources, existing: [:])
    let pairs = steps.map {
        ($0.image.name, ExistingImage(id: "id-\($0.image.name)", inputDigest: $0.inputDigest))
    }
    return Dictionary(uniqueKeysWithValues: pairs)
}

/// The names of the images that are built when these sources follow the first ones.
private func rebuilt(
    _ changedTree: ImageTree = tree, _ changed: [String: ImageSources] = sources
) -> [String] {
    planImages(
        changedTree, sources: changed, existing: built(tree, sources)
    ).filter { $0.action == .build(.changed) }.map(\.image.name)
}

@Suite struct ImagePlanTests {
    @Test func nothingChangedNothingIsBuilt() {
        let steps = planImages(
            tree, sources: sources, existing: built(tree, sources))
        #expect(
            steps.map(\.action)
                == ["base", "build", "run", "run-node"].map { .keep(id: "id-\($0)") })
    }

    @Test func aMissingImageAloneIsBuilt() {
        var existing = built(tree, sources)
        existing["run"] = nil
        let steps = planImages(tree, sources: sources, existing: existing)
        #expect(steps.filter { $0.action == .build(.missing) }.map(\.image.name) == ["run"])
        #expect(steps.filter { $0.action == .build(.changed) }.isEmpty)
    }

    @Test func anImageOfOursWithoutTheLabelIsBuilt() {
        var existing = built(tree, sources)
        existing["base"]?.inputDigest = nil
        let steps = planImages(tree, sources: sources, existing: existing)
        #expect(steps.first?.action == .build(.changed))
    }

    @Test func aChangeReachesExactlyTheDescendants() {
        var changed = sources
        changed["run"]?.files = [file("Dockerfile", "r2")]
        #expect(rebuilt(tree, changed) == ["run", "run-node"])
        changed["run"] = sources["run"]
        changed["base"]?.files = [file("Dockerfile", "b9")]
        #expect(rebuilt(tree, changed) == ["base", "build", "run", "run-node"])
    }

    @Test func whateverDecidesTheContentDecidesTheDigest() {
        var mode = sources
        mode["build"]?.files[1].isExecutable = true
        #expect(rebuilt(tree, mode) == ["build"])

        var renamed = sources
        renamed["build"]?.files[1].path = "bulid"
        #expect(rebuilt(tree, renamed) == ["build"])

        var program = sources
        program["run"]?.inputPrograms["node"] = "p2"
        #expect(rebuilt(tree, program) == ["run", "run-node"])

        var version = tree
        version.images[2].inputs[0].version = "20.18.1"
        #expect(rebuilt(version) == ["run", "run-node"])

        var argument = tree
        argument.images[2].arguments["B"] = "3"
        #expect(rebuilt(argument) == ["run", "run-node"])
    }

    @Test func theOrderOfFilesAndInputsDecidesNothing() {
        var shuffled = sources
        shuffled["build"]?.files.reverse()
        var turned = tree
        turned.images[2].inputs.reverse()
        #expect(rebuilt(turned, shuffled).isEmpty)
    }

    @Test func fieldsCannotRunIntoEachOther() {
        func digest(_ arguments: [String: String]) -> String {
            inputDigest(
                of: ImageDeclaration(name: "x", parent: nil, arguments: arguments),
                sources: ImageSources(files: []), parent: nil)
        }
        #expect(digest(["A": "1argument nameBargument value2"]) != digest(["A": "1", "B": "2"]))
        #expect(digest(["A": "B1"]) != digest(["AB": "1"]))
    }

    @Test func anotherRootReplacesTheTreesOwnAndRebuildsAllThatStandsOnIt() {
        let steps = planImages(
            tree, sources: sources, existing: built(tree, sources),
            root: RootImage(reference: "debian:12", id: "sha256:d"))
        #expect(steps.map(\.image.name) == ["build", "run", "run-node"])
        #expect(steps.allSatisfy { $0.action == .build(.changed) })
    }
}
