/// Decodes and validates the declaration of the image tree.
///
/// - Parameter file: where the bytes come from, as diagnostics name it.
package func decodeImageTree(_ bytes: [UInt8], file: String) -> Decoded<ImageTree> {
    let problems = Problems(file: file)
    guard let root = Composer.root(of: bytes, problems: problems) else {
        return .failure(Diagnostics(problems.list))
    }
    var fields = Fields(root, path: "", problems: problems)
    if !fields.holds("images") { fields.missing("images", "a mapping of images") }
    let inputs = readInputs(fields.fields("inputs"))
    let images = fields.fields("images")
    fields.finish()

    let located = images.entries.map { readImage($0, in: images, inputs: inputs) }
    let tree = arrange(located, problems: problems)
    guard problems.list.isEmpty else { return .failure(Diagnostics(problems.list)) }
    return .success(tree)
}

/// An image and where its parent is named, or itself if it names none.
private struct LocatedImage {
    var image: ImageDeclaration
    var path: String
    var mark: Mark
}

private func readImage(
    _ entry: Entry, in images: Fields, inputs: [String: [ImageInput]]
) -> LocatedImage {
    let problems = images.problems
    let path = joinPath(images.path, entry.key)
    if !isName(entry.key) {
        problems.report(
            "\(quoted(entry.key)) is not an image's name (1 to 40 of a-z, 0-9 and -, a letter "
                + "first)", path: path, at: entry.mark)
    }
    var fields = Fields(entry.value, path: path, problems: problems)
    let image = ImageDeclaration(
        name: entry.key, parent: fields.value("parent", .name),
        arguments: readArguments(fields.fields("arguments")),
        inputs: readNames(of: inputs, &fields),
        files: readFiles(&fields))
    let parent = fields.node("parent")?.mark
    fields.finish()
    return LocatedImage(image: image, path: path, mark: parent ?? entry.mark)
}

private func readArguments(_ fields: Fields) -> [String: String] {
    var arguments: [String: String] = [:]
    for entry in fields.entries {
        let path = joinPath(fields.path, entry.key)
        if !isIdentifier(entry.key) || entry.key == "PARENT" {
            fields.problems.report(
                "\(quoted(entry.key)) is not a build argument's name (PARENT is modplan's own)",
                path: path, at: entry.mark)
        }
        arguments[entry.key] = Expected.text("a build argument's value") { !$0.contains("\0") }
            .read(entry.value, path: path, problems: fields.problems)
    }
    return arguments
}

/// `node: 22.20.0`, or a list of versions: what the images may ask for.
private func readInputs(_ fields: Fields) -> [String: [ImageInput]] {
    var inputs: [String: [ImageInput]] = [:]
    for entry in fields.entries {
        let path = joinPath(fields.path, entry.key)
        if !isName(entry.key) {
            fields.problems.report(
                "\(quoted(entry.key)) is not an input's name (a program in inputs/)", path: path,
                at: entry.mark)
        }
        let versions = elements(
            of: entry.value, .inputVersion, path: path, problems: fields.problems)
        inputs[entry.key] = versions.map { ImageInput(name: entry.key, version: $0) }
    }
    return inputs
}

/// An image's `inputs`: all versions of each that it names.
private func readNames(of inputs: [String: [ImageInput]], _ fields: inout Fields) -> [ImageInput] {
    guard let node = fields.node("inputs") else { return [] }
    let declared = Expected.text(
        "an input (declared: \(inputs.keys.sorted().joined(separator: ", ")))"
    ) {
        inputs[$0] != nil
    }
    let names = elements(
        of: node, declared, path: joinPath(fields.path, "inputs"), problems: fields.problems)
    return names.flatMap { inputs[$0] ?? [] }
}

private func readFiles(_ fields: inout Fields) -> [String] {
    guard let node = fields.node("files") else { return [] }
    return elements(
        of: node, .checkoutFile, path: joinPath(fields.path, "files"), problems: fields.problems)
}

/// The values of a list, or of a single value that stands for a list of one.
private func elements(
    of node: Node, _ expected: Expected<String>, path: String, problems: Problems
) -> [String] {
    guard case .sequence(let nodes) = node.content else {
        return expected.read(node, path: path, problems: problems).map { [$0] } ?? []
    }
    var seen: Set<String> = []
    return nodes.enumerated().compactMap { index, node in
        let place = joinPath(path, "[\(index)]")
        guard let value = expected.read(node, path: place, problems: problems) else { return nil }
        if !seen.insert(value).inserted {
            problems.report("\(quoted(value)) is given twice", path: place, at: node.mark)
        }
        return value
    }
}

/// Puts every parent before its children, and else keeps the file's order. Reports what is no
/// tree: an unknown parent, a cycle, no root or a second one.
private func arrange(_ located: [LocatedImage], problems: Problems) -> ImageTree {
    let names = located.map(\.image.name)
    let known = Set(names)
    for entry in located {
        guard let parent = entry.image.parent, !known.contains(parent) else { continue }
        let hint =
            nearestKey(to: parent, among: names).map { "did you mean \(quoted($0))?" }
            ?? "the images here: \(names.sorted().joined(separator: ", "))"
        problems.report(
            "no image \(quoted(parent)); \(hint)", path: joinPath(entry.path, "parent"),
            at: entry.mark)
    }
    let roots = located.filter { $0.image.parent == nil }
    for second in roots.dropFirst() {
        problems.report(
            "has no parent, and neither has \(quoted(roots[0].image.name)): a tree has one root",
            path: second.path, at: second.mark)
    }

    var arranged: [ImageDeclaration] = []
    var placed: Set<String> = []
    var waiting = located
    while !waiting.isEmpty {
        let ready = waiting.filter { entry in
            entry.image.parent.map { placed.contains($0) || !known.contains($0) } ?? true
        }
        guard !ready.isEmpty else {
            reportCycles(among: waiting, problems: problems)
            break
        }
        arranged += ready.map(\.image)
        placed.formUnion(ready.map(\.image.name))
        waiting.removeAll { placed.contains($0.image.name) }
    }
    return ImageTree(images: arranged)
}

/// Each cycle once, at its first image in the file. What merely stands on a cycle is not reported.
private func reportCycles(among waiting: [LocatedImage], problems: Problems) {
    var parents: [String: String] = [:]
    for entry in waiting { parents[entry.image.name] = entry.image.parent }
    var reported: Set<String> = []
    for entry in waiting where !reported.contains(entry.image.name) {
        var walk = [entry.image.name]
        while let next = parents[walk[walk.count - 1]], !walk.contains(next) { walk.append(next) }
        guard parents[walk[walk.count - 1]] == entry.image.name else { continue }
        reported.formUnion(walk)
        problems.report(
            "stands on itself: \((walk + [entry.image.name]).joined(separator: " → "))",
            path: joinPath(entry.path, "parent"), at: entry.mark)
    }
}

extension Expected where Value == String {
    /// Becomes part of a file's name and of a command line.
    fileprivate static let inputVersion = text("a version (for example 22.20.0)") { text in
        (1...60).contains(text.utf8.count) && text.utf8.first != UInt8(ascii: "-")
            && text.utf8.first != UInt8(ascii: ".")
            && text.unicodeScalars.allSatisfy {
                ($0.isASCII && $0.properties.isAlphabetic)
                    || "0123456789.+_-".unicodeScalars.contains($0)
            }
    }

    fileprivate static let checkoutFile = text(
        "a file of the checkout (relative, without '..'; for example bin/navi)"
    ) { text in
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        return (1...1024).contains(text.utf8.count) && !text.utf8.contains(0)
            && parts.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." && !$0.hasPrefix("-") }
    }
}
