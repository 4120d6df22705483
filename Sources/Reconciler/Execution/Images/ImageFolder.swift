package import Desired
import Glibc
import Host
package import Planning

/// The folder `images/` of a checkout: the tree's declaration, a folder an image, and the programs
/// that fetch inputs. Its files are the operator's own, as modplan itself is.
package struct ImageFolder: Sendable {
    /// The largest file of an image, in bytes.
    private static let fileLimit = 64 << 20

    package let checkout: String
    package let tree: ImageTree

    /// Reads the declaration.
    ///
    /// - Throws: `Diagnostics` for what is wrong in it, `ImageError` if it cannot be read.
    package init(checkout: String) throws {
        self.checkout = checkout
        let file = "\(checkout)/images/images.yaml"
        let bytes: [UInt8]
        do {
            bytes = try readHostFile(file, limit: 64 << 10)
        } catch {
            throw ImageError(
                file, "expected the declaration of the images; name a checkout of modplan",
                underlying: error)
        }
        tree = try decodeImageTree(bytes, file: file).get()
    }

    func directory(of image: ImageDeclaration) -> String { "\(checkout)/images/\(image.name)" }

    func program(of input: ImageInput) -> String { "\(checkout)/images/inputs/\(input.name)" }

    /// Everything that decides what the image holds.
    package func sources(of image: ImageDeclaration) throws(ImageError) -> ImageSources {
        var sources = ImageSources(files: [])
        do throws(SystemError) {
            sources.files = try files(in: directory(of: image))
        } catch {
            throw ImageError(
                image.name, "expected a folder with its Dockerfile", underlying: error)
        }
        for path in image.files {
            do throws(SystemError) {
                let name = String(path.split(separator: "/").last ?? "")
                sources.files.append(try file("\(checkout)/\(path)", as: name))
            } catch {
                throw ImageError(
                    image.name, "needs \(path), which `make build` makes", underlying: error)
            }
        }
        for input in image.inputs {
            do throws(SystemError) {
                let program = try file(program(of: input), as: input.name)
                sources.inputPrograms[input.name] = program.digest
            } catch {
                throw ImageError(
                    image.name, "expected a program images/inputs/\(input.name)",
                    underlying: error)
            }
        }
        return sources
    }

    private func files(
        in folder: String, below prefix: String = ""
    ) throws(SystemError) -> [ImageSources.File] {
        var files: [ImageSources.File] = []
        for name in try Directory(path: folder).names() {
            let path = "\(folder)/\(name)"
            if let status = try hostEntry(path), isFolder(status) {
                files += try self.files(in: path, below: "\(prefix)\(name)/")
            } else {
                files.append(try file(path, as: prefix + name))
            }
        }
        return files
    }

    /// Only whether it is executable is taken of a file's mode: the rest is the umask's.
    private func file(
        _ path: String, as name: String
    ) throws(SystemError) -> ImageSources.File {
        let bytes = try readHostFile(path, limit: Self.fileLimit)
        let mode = try hostEntry(path)?.st_mode ?? 0
        return ImageSources.File(
            path: name, isExecutable: mode & S_IXUSR != 0,
            digest: ContentDigest.hexadecimal(of: bytes))
    }
}
