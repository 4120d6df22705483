internal import CGit2

/// A file's content as it stands in a tree.
package struct File: Sendable, Equatable {
    package var name: String
    package var id: ObjectID
    package var bytes: [UInt8]
}

package struct FileLimits: Sendable {
    package var files: Int
    package var bytesPerFile: Int
    package var bytes: Int

    package init(files: Int = 10_000, bytesPerFile: Int = 1 << 20, bytes: Int = 64 << 20) {
        self.files = files
        self.bytesPerFile = bytesPerFile
        self.bytes = bytes
    }
}

extension Repository {
    /// The files that lie directly in a tree and whose names end in `suffix`, in the order of their
    /// names' bytes, read from the object database with no checkout. Subfolders are not entered.
    package func files(
        in treeId: ObjectID, suffix: String, limits: FileLimits = FileLimits()
    ) throws(GitError) -> [File] {
        let tree = try tree(treeId)
        var files: [File] = []
        var total = 0
        for index in 0..<git_tree_entrycount(tree.pointer) {
            guard let entry = TreeItem(in: tree, at: index) else { continue }
            guard entry.kind != .folder,
                entry.nameBytes.reversed().starts(with: suffix.utf8.reversed())
            else { continue }
            guard let name = entry.name else {
                throw failure(.unsafeTree, "file \(entry.shownName)", "its name is not UTF-8")
            }
            if let reason = refusal(ofName: entry.nameBytes) {
                throw failure(.unsafeTree, "file \(name)", reason)
            }
            guard entry.kind == .regular || entry.kind == .executable else {
                throw failure(.unsafeTree, "file \(name)", "a link or submodule; commit a file")
            }
            guard files.count < limits.files else {
                throw failure(
                    .limitExceeded, "tree \(treeId.abbreviated)",
                    "holds more than \(limits.files) files that end in \(suffix)")
            }
            let size = try objectSize(entry.id, subject: "file \(name)")
            guard size <= limits.bytesPerFile else {
                throw failure(
                    .limitExceeded, "file \(name)",
                    "has \(size) bytes, at most \(limits.bytesPerFile) are read")
            }
            total += size
            guard total <= limits.bytes else {
                throw failure(
                    .limitExceeded, "tree \(treeId.abbreviated)",
                    "its files have more than \(limits.bytes) bytes in all")
            }
            let blob = try blob(entry.id, subject: "file \(name)")
            let bytes = withContent(of: blob) { content in content.withUnsafeBytes { Array($0) } }
            files.append(File(name: name, id: entry.id, bytes: bytes))
        }
        return files
    }

    private func failure(_ code: GitError.Code, _ subject: String, _ message: String) -> GitError {
        GitError(
            code: code, operation: .read, subject: "\(subject) in repository \(path)",
            message: message)
    }
}
