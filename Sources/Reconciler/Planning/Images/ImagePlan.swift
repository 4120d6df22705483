package import Desired

/// An image as the engine has it under our tag.
package struct ExistingImage: Sendable, Equatable {
    package var id: String
    /// The label `modplan.input`; nil where it has none.
    package var inputDigest: String?

    package init(id: String, inputDigest: String?) {
        self.id = id
        self.inputDigest = inputDigest
    }
}

/// Another image that stands in for the tree's root.
package struct RootImage: Sendable, Equatable {
    package var reference: String
    package var id: String

    package init(reference: String, id: String) {
        self.reference = reference
        self.id = id
    }
}

/// What `images build` does about one image.
package struct ImageStep: Sendable, Equatable {
    package enum Action: Sendable, Equatable {
        case keep(id: String)
        case build(Reason)
    }

    package enum Reason: String, Sendable {
        case missing
        case changed = "inputs or parent changed"
    }

    package var image: ImageDeclaration
    package var inputDigest: String
    package var action: Action

    package init(image: ImageDeclaration, inputDigest: String, action: Action) {
        self.image = image
        self.inputDigest = inputDigest
        self.action = action
    }
}

/// One step an image, parents first. A digest holds the parent's, so a change reaches exactly the
/// descendants.
///
/// - Parameters:
///   - sources: by image name; an image without them is taken to have no files.
///   - existing: by image name.
///   - root: replaces the tree's own root, which then has no step.
package func planImages(
    _ tree: ImageTree, sources: [String: ImageSources], existing: [String: ExistingImage],
    root: RootImage? = nil
) -> [ImageStep] {
    var digests: [String: String] = [:]
    var steps: [ImageStep] = []
    for image in tree.images {
        if image.parent == nil, let root {
            digests[image.name] = root.id
            continue
        }
        let digest = inputDigest(
            of: image, sources: sources[image.name] ?? ImageSources(files: []),
            parent: image.parent.flatMap { digests[$0] })
        digests[image.name] = digest
        steps.append(
            ImageStep(
                image: image, inputDigest: digest,
                action: action(for: existing[image.name], digest: digest)))
    }
    return steps
}

private func action(for existing: ExistingImage?, digest: String) -> ImageStep.Action {
    guard let existing else { return .build(.missing) }
    return existing.inputDigest == digest ? .keep(id: existing.id) : .build(.changed)
}
