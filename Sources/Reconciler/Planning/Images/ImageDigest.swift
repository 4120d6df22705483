package import Desired

/// What an image is made of, as it lies on the host.
package struct ImageSources: Sendable, Equatable {
    /// One file that goes into the build context.
    package struct File: Sendable, Equatable {
        /// In the context.
        package var path: String
        package var isExecutable: Bool
        /// Hexadecimal SHA-256 of its bytes.
        package var digest: String

        package init(path: String, isExecutable: Bool, digest: String) {
            self.path = path
            self.isExecutable = isExecutable
            self.digest = digest
        }
    }

    /// The image's folder and its `files`, in any order.
    package var files: [File]
    /// By an input's name, the digest of the program that makes it. What it makes is named by that
    /// and the version, so that nothing need be fetched to know whether an image is current.
    package var inputPrograms: [String: String]

    package init(files: [File], inputPrograms: [String: String] = [:]) {
        self.files = files
        self.inputPrograms = inputPrograms
    }
}

/// The digest of all that decides what an image holds. It stands in the label `modplan.input`: an
/// image is rebuilt when this differs, and a build's key holds it instead of the image's id, which
/// changes when the same is built again.
///
/// - Parameter parent: the parent's own input digest; nil for the root.
package func inputDigest(
    of image: ImageDeclaration, sources: ImageSources, parent: String?
) -> String {
    var digest = ContentDigest("modplan image")
    digest.add("version", "1")
    digest.add("parent", parent ?? "")
    for (name, value) in image.arguments.sorted(by: { $0.key < $1.key }) {
        digest.add("argument name", name)
        digest.add("argument value", value)
    }
    for input in image.inputs.sorted(by: { ($0.name, $0.version) < ($1.name, $1.version) }) {
        digest.add("input", input.description)
        digest.add("input program", sources.inputPrograms[input.name] ?? "")
    }
    for file in sources.files.sorted(by: { $0.path < $1.path }) {
        digest.add(file.isExecutable ? "program" : "file", file.path)
        digest.add("content", file.digest)
    }
    return digest.hexadecimal
}
