import Git
import Glibc
import Host

/// Writes a git tree below a folder, for `owner`, each entry checked by the walk and every path
/// resolved beneath the folder: nothing is written anywhere else, and no program runs.
func exportTree(
    _ tree: String, of repositoryPath: String, into folder: borrowing Directory, owner: Owner
) throws {
    guard let id = ObjectID(tree) else {
        throw SystemError("write", folder.path, code: 0, detail: "\(tree) is no tree's id")
    }
    let repository = try Repository(at: repositoryPath)
    var made: Set<String> = []
    _ = try repository.walk(id) { entry, content in
        let parents = entry.components.dropLast()
        for depth in parents.indices {
            let path = parents[...depth].joined(separator: "/")
            if made.insert(path).inserted {
                try folder.makeDirectory(beneath: path, owner: owner)
            }
        }
        switch entry.kind {
        case .symlink:
            let target = content.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
            try folder.makeLink(beneath: entry.path, to: target, owner: owner)
        case .regular, .executable:
            try content.withUnsafeBytes {
                try folder.create(
                    entry.path, $0, mode: entry.kind == .executable ? 0o755 : 0o644, owner: owner)
            }
        }
    }
}

extension Directory {
    /// Opens the parent beneath this folder, so that the last component is created right in it.
    fileprivate func makeDirectory(beneath path: String, owner: Owner) throws {
        let (parent, name) = split(path)
        if parent.isEmpty {
            try makeDirectory(name, owner: owner)
        } else {
            try directory(parent).makeDirectory(name, owner: owner)
        }
    }

    fileprivate func makeLink(beneath path: String, to target: String, owner: Owner) throws {
        let (parent, name) = split(path)
        if parent.isEmpty {
            try link(name, to: target, owner: owner)
        } else {
            try directory(parent).link(name, to: target, owner: owner)
        }
    }

    private func split(_ path: String) -> (parent: String, name: String) {
        guard let slash = path.lastIndex(of: "/") else { return ("", path) }
        return (String(path[..<slash]), String(path[path.index(after: slash)...]))
    }
}
