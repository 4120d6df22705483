/// The images of `images/images.yaml`, every parent before its children.
package struct ImageTree: Sendable, Equatable {
    package var images: [ImageDeclaration]

    package init(images: [ImageDeclaration]) { self.images = images }

    /// The one image without a parent.
    package var root: ImageDeclaration? { images.first { $0.parent == nil } }
}

/// One image as the tree declares it; its Dockerfile and scripts lie in the folder of its name.
package struct ImageDeclaration: Sendable, Equatable {
    package var name: String
    /// Nil for the tree's root.
    package var parent: String?
    /// Build arguments, beside `PARENT`.
    package var arguments: [String: String]
    /// In the order in which it names them.
    package var inputs: [ImageInput]
    /// Files of the checkout, relative to it, that lie at the top of the build context.
    package var files: [String]

    package init(
        name: String, parent: String?, arguments: [String: String] = [:],
        inputs: [ImageInput] = [], files: [String] = []
    ) {
        self.name = name
        self.parent = parent
        self.arguments = arguments
        self.inputs = inputs
        self.files = files
    }
}

/// Something that the host fetches for an image: the program `inputs/<name>` makes it.
package struct ImageInput: Sendable, Hashable, CustomStringConvertible {
    package var name: String
    package var version: String

    package init(name: String, version: String) {
        self.name = name
        self.version = version
    }

    /// Its name in the build context, `node-22.20.0`.
    package var description: String { "\(name)-\(version)" }
}
