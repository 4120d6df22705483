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

/// SHA-256 in hexadecimal; given from outside because planning calls no library of the host.
package typealias Hash = @Sendable ([UInt8]) -> String

/// The digest of all that decides what an image holds. It stands in the label `modplan.input`: an
/// image is rebuilt when this differs, and a build's key holds it instead of the image's id, which
/// changes when the same is built again.
///
/// - Parameter parent: the parent's own input digest; nil for the root.
package func inputDigest(
    of image: ImageDeclaration, sources: ImageSources, parent: String?, hash: Hash
) -> String {
    var fields = ["image-1", parent ?? ""]
    for (name, value) in image.arguments.sorted(by: { $0.key < $1.key }) {
        fields += ["argument", name, value]
    }
    for input in image.inputs.sorted(by: { ($0.name, $0.version) < ($1.name, $1.version) }) {
        fields += ["input", input.name, input.version, sources.inputPrograms[input.name] ?? ""]
    }
    for file in sources.files.sorted(by: { $0.path < $1.path }) {
        fields += ["file", file.path, file.isExecutable ? "755" : "644", file.digest]
    }
    // The length before each field: no two lists of fields give the same bytes.
    return hash(fields.flatMap { Array("\($0.utf8.count):\($0),".utf8) })
}
