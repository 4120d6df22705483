internal import CGit2

/// A file of a tree, on its way to a disk.
package struct TreeEntry: Sendable, Equatable {
    package enum Kind: Sendable {
        case regular, executable
        /// The content is the target: relative, and within the tree.
        case symlink
    }

    /// The folders from the tree's root, then the name. Each is a plain name: no slash, `.`, `..`
    /// or `.git`.
    package var components: [String]
    package var kind: Kind

    package var path: String { components.joined(separator: "/") }
}

package struct TreeLimits: Sendable {
    /// Files, links, folders and submodules together.
    package var entries: Int
    /// Folders within folders.
    package var depth: Int
    package var bytesPerFile: Int
    package var bytes: Int

    package init(
        entries: Int = 100_000, depth: Int = 64, bytesPerFile: Int = 256 << 20,
        bytes: Int = 2 << 30
    ) {
        self.entries = entries
        self.depth = depth
        self.bytesPerFile = bytesPerFile
        self.bytes = bytes
    }
}

package struct TreeSummary: Sendable, Equatable {
    package var entries = 0
    package var bytes = 0
    /// Paths of submodules, whose content lies in other repositories and was left out.
    package var submodules: [String] = []
}

extension Repository {
    /// Visits every file and link of a tree, each checked so that writing it below a folder cannot
    /// reach beyond that folder.
    ///
    /// - Parameter visit: is lent the content, or a link's target, for the length of the call.
    /// - Throws: a `GitError` at the first entry that is refused, or what `visit` throws. Entries
    ///   visited until then were in order; a caller who writes them discards them all.
    @discardableResult
    package func walk(
        _ treeId: ObjectID, limits: TreeLimits = TreeLimits(),
        visit: (TreeEntry, RawSpan) throws -> Void
    ) throws -> TreeSummary {
        var summary = TreeSummary()
        try walk(treeId, folders: [], limits: limits, summary: &summary, visit: visit)
        return summary
    }

    private func walk(
        _ treeId: ObjectID, folders: [String], limits: TreeLimits, summary: inout TreeSummary,
        visit: (TreeEntry, RawSpan) throws -> Void
    ) throws {
        let tree = try tree(treeId)
        // A tree that names one thing twice could write through a link that it made itself.
        var names: Set<[UInt8]> = []
        for index in 0..<git_tree_entrycount(tree.pointer) {
            guard let item = TreeItem(in: tree, at: index) else { continue }
            let shown = (folders + [item.shownName]).joined(separator: "/")
            func refuse(_ code: GitError.Code, _ message: String) -> GitError {
                GitError(
                    code: code, operation: .walk, subject: "\(shown) in repository \(path)",
                    message: "refused: \(message)")
            }

            summary.entries += 1
            guard summary.entries <= limits.entries else {
                throw refuse(.limitExceeded, "the tree has more than \(limits.entries) entries")
            }
            if let reason = refusal(ofName: item.nameBytes) { throw refuse(.unsafeTree, reason) }
            guard let name = item.name else { throw refuse(.unsafeTree, "its name is not UTF-8") }
            guard names.insert(item.nameBytes).inserted else {
                throw refuse(.unsafeTree, "the tree names it twice")
            }
            guard shown.utf8.count <= 4095 else {
                throw refuse(.limitExceeded, "its path has more than 4095 bytes")
            }

            let components = folders + [name]
            switch item.kind {
            case .submodule: summary.submodules.append(shown)
            case .folder:
                guard components.count <= limits.depth else {
                    throw refuse(.limitExceeded, "more than \(limits.depth) folders deep")
                }
                try walk(
                    item.id, folders: components, limits: limits, summary: &summary, visit: visit)
            case .regular, .executable, .symlink:
                let size = try objectSize(item.id, subject: shown)
                guard size <= limits.bytesPerFile else {
                    throw refuse(
                        .limitExceeded,
                        "it has \(size) bytes, a file at most \(limits.bytesPerFile)")
                }
                guard size <= limits.bytes - summary.bytes else {
                    throw refuse(
                        .limitExceeded, "the tree has more than \(limits.bytes) bytes in all")
                }
                summary.bytes += size
                let blob = try blob(item.id, subject: shown)
                try withContent(of: blob) { content in
                    var kind = TreeEntry.Kind.regular
                    if item.kind == .executable { kind = .executable }
                    if item.kind == .symlink {
                        kind = .symlink
                        let target = content.withUnsafeBytes { Array($0.prefix(4096)) }
                        if let reason = refusal(ofLink: target, depth: folders.count) {
                            throw refuse(.unsafeTree, reason)
                        }
                    }
                    try visit(TreeEntry(components: components, kind: kind), content)
                }
            }
        }
    }
}
