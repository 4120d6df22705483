import Desired
import Glibc
import Host

/// What the host has fetched for images, below one folder, made once and then kept:
/// `inputs/<program's digest>/<name>-<version>`.
struct ImageInputs {
    /// A slow mirror, a large release.
    private static let deadlineSeconds = 30 * 60

    let directory: String

    /// Makes the input unless it is there.
    ///
    /// The caller holds the cache's lock: a program clears what a killed run of it left.
    /// - Returns: the folder that holds it under its name.
    func prepare(
        _ input: ImageInput, program: String, digest: String, willFetch: () -> Void
    ) async throws(ImageError) -> String {
        let folder = "\(directory)/inputs/\(digest.prefix(16))"
        let destination = "\(folder)/\(input)"
        do {
            if try hostEntry(destination) != nil { return folder }
            willFetch()
            try makeFolders(folder)
            try await Tool.run(
                program, [destination, input.version], deadlineSeconds: Self.deadlineSeconds)
            guard try hostEntry(destination) != nil else {
                throw ImageError("input \(input)", "\(program) ended well but made nothing")
            }
        } catch let error as ImageError {
            throw error
        } catch {
            throw ImageError("input \(input)", "cannot be fetched", underlying: error)
        }
        return folder
    }
}
