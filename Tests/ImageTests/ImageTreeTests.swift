import Desired
import Foundation
import Testing

private func decode(_ text: String) -> Decoded<ImageTree> {
    decodeImageTree(Array(text.utf8), file: "images.yaml")
}

private func mistakes(_ text: String) -> [String] {
    guard case .failure(let diagnostics) = decode(text) else { return [] }
    return diagnostics.list.map(\.description)
}

@Suite struct ImageTreeTests {
    @Test func parentsComeFirstWhateverTheOrderInTheFile() throws {
        let tree = try decode(
            """
            inputs: {npm: 22.20.0, node: [20.18.0, 22.20.0]}
            images:
              run-node: {parent: run-base, inputs: [node, npm]}
              run-base: {parent: base, files: [bin/navi], arguments: {LEVEL: 3}}
              base:
              build-base: {parent: base}
            """
        ).get()
        #expect(
            tree.images == [
                ImageDeclaration(name: "base", parent: nil),
                ImageDeclaration(
                    name: "run-base", parent: "base", arguments: ["LEVEL": "3"],
                    files: ["bin/navi"]),
                ImageDeclaration(name: "build-base", parent: "base"),
                ImageDeclaration(
                    name: "run-node", parent: "run-base",
                    inputs: [
                        ImageInput(name: "node", version: "20.18.0"),
                        ImageInput(name: "node", version: "22.20.0"),
                        ImageInput(name: "npm", version: "22.20.0"),
                    ]),
            ])
        #expect(tree.root?.name == "base")
        #expect(tree.images.last?.inputs.last?.description == "npm-22.20.0")
    }

    @Test func anUnknownParentIsNamedWithItsPlaceAndTheNearestName() {
        #expect(
            mistakes("images:\n  base:\n  run-base:\n    parent: bsae\n") == [
                "images.yaml:4:13: images.run-base.parent: no image 'bsae'; did you mean 'base'?"
            ])
    }

    @Test func aCycleIsNamedOnceWithAllItsImages() {
        let found = mistakes(
            """
            images:
              base:
              one: {parent: three}
              two: {parent: one}
              three: {parent: two}
              leaf: {parent: three}
              self: {parent: self}
            """)
        #expect(
            found == [
                "images.yaml:3:17: images.one.parent: stands on itself: one → three → two → one",
                "images.yaml:7:18: images.self.parent: stands on itself: self → self",
            ])
    }

    @Test func aTreeHasOneRoot() {
        #expect(
            mistakes("images:\n  base:\n  other:\n") == [
                "images.yaml:3:3: images.other: has no parent, and neither has 'base': a tree has "
                    + "one root"
            ])
    }

    @Test(arguments: [
        ("{parent: base, inputs: [python]}", "inputs[0]"),
        ("{parent: base, inputs: [node, node]}", "inputs[1]"),
        ("{parent: base, files: [/etc/shadow]}", "files[0]"),
        ("{parent: base, files: [bin/../../x]}", "files[0]"),
        ("{parent: base, files: [bin/--checkpoint-action=exec]}", "files[0]"),
        ("{parent: base, arguments: {PARENT: x}}", "arguments.PARENT"),
        ("{parent: base, arguments: {'A B': x}}", "arguments.A B"),
        ("{parent: base, inptus: {}}", "inptus"),
    ])
    func whatCouldLeaveItsPlaceIsRefused(image: String, path: String) {
        let found = mistakes("inputs: {node: 22.20.0}\nimages:\n  base:\n  leaf: \(image)\n")
        #expect(found.count == 1)
        #expect(found.first?.contains("images.leaf.\(path): ") == true)
    }

    @Test(arguments: [
        ("{node: ../../etc}", "node"), ("{node: --help}", "node"), ("{../x: 1}", "../x"),
        ("{node: [20.1.0, 20.1.0]}", "node[1]"),
    ])
    func anInputIsAProgramAndAVersion(inputs: String, path: String) {
        let found = mistakes("inputs: \(inputs)\nimages:\n  base:\n")
        #expect(found.count == 1)
        #expect(found.first?.contains("inputs.\(path): ") == true)
    }

    @Test func noImagesAreAnError() {
        #expect(mistakes("{}").count == 1)
    }

    @Test func theDockerfilesOfThisCheckoutCopyWhatItsTreeDeclares() throws {
        let images = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../images").standardized
        let declaration = images.appendingPathComponent("images.yaml")
        let tree = try decodeImageTree(
            Array(Data(contentsOf: declaration)), file: declaration.path
        ).get()
        for image in tree.images {
            let dockerfile = try String(
                contentsOf: images.appendingPathComponent("\(image.name)/Dockerfile"),
                encoding: .utf8)
            let lines = dockerfile.split(separator: "\n")
            let copied = lines.filter { $0.hasPrefix("COPY ") || $0.hasPrefix("ADD ") }
                .flatMap { $0.split(separator: " ").dropFirst().dropLast().map(String.init) }
            let declared =
                image.inputs.map(\.description)
                + image.files.compactMap { $0.split(separator: "/").last.map(String.init) }
            for name in declared {
                let isCopied = copied.contains { fnmatch($0, name, 0) == 0 }
                #expect(isCopied, "\(image.name): \(name)")
            }
            #expect(lines.contains("FROM ${PARENT}") == (image.parent != nil))
        }
    }
}
