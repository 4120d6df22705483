import Desired
import Git
import Host
import Planning

/// A definition as it stands in git.
struct LocatedDefinition: Sendable {
    var definition: AppDefinition
    /// The git object id of its file.
    var blob: String
}

extension Installation {
    /// Every definition at the definitions' ref, decoded and checked.
    ///
    /// - Throws: every mistake of every file at once.
    func readDefinitions() async throws -> [LocatedDefinition] {
        let path = resolve(file.definitions.repository)
        let wanted = file.definitions
        return try await offload {
            let repository = try Repository(at: path)
            let commit = try repository.resolve(wanted.ref)
            let tree = try repository.treeId(of: commit, at: wanted.path)
            let files = try repository.files(
                in: tree, suffix: ".yaml", limits: FileLimits(bytesPerFile: 64 << 10))
            let folder = wanted.path.isEmpty ? "" : "\(wanted.path)/"
            let definitions = try validate(
                files: files.map { ("\(folder)\($0.name)", $0.bytes) }
            ).get()
            let blobs = Dictionary(
                files.map { ($0.name, "\($0.id)") }, uniquingKeysWith: { first, _ in first })
            return definitions.map {
                LocatedDefinition(definition: $0, blob: blobs["\($0.name).yaml"] ?? "")
            }
        }
    }

    /// Every definition with its source resolved to a tree. Each repository is opened once.
    package func desired() async throws -> [DesiredApp] {
        let definitions = try await readDefinitions()
        var byRepository: [String: [LocatedDefinition]] = [:]
        for located in definitions {
            let path = try repositoryPath(located.definition.source.repository)
            byRepository[path, default: []].append(located)
        }
        let groups = byRepository
        return try await offload {
            var desired: [DesiredApp] = []
            var failures: [String] = []
            for (path, group) in groups.sorted(by: { $0.key < $1.key }) {
                do {
                    let repository = try Repository(at: path)
                    for located in group {
                        do {
                            desired.append(try resolveSource(located, in: repository))
                        } catch let error as GitError {
                            failures.append("app \(located.definition.name): \(error)")
                        }
                    }
                } catch let error as GitError {
                    failures += group.map { "app \($0.definition.name): \(error)" }
                }
            }
            guard failures.isEmpty else {
                throw UsageError(failures.sorted().joined(separator: "\n"))
            }
            return desired
        }
    }
}

private func resolveSource(
    _ located: LocatedDefinition, in repository: borrowing Repository
) throws -> DesiredApp {
    let source = located.definition.source
    let commit = try repository.resolve(source.ref)
    let tree = try repository.treeId(of: commit, at: source.path)
    return DesiredApp(
        definition: located.definition, blob: located.blob,
        source: ResolvedSource(
            commit: "\(commit.id)", tree: "\(tree)", subject: commit.subject))
}
