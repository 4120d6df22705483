internal import CGit2
private import Glibc

/// One line of a tree, copied out of it.
struct TreeItem {
    enum Kind {
        case regular, executable, symlink, folder, submodule
    }

    var id: ObjectID
    var nameBytes: [UInt8]
    var kind: Kind

    init?(in tree: borrowing Handle, at index: Int) {
        guard let entry = git_tree_entry_byindex(tree.pointer, index),
            let id = git_tree_entry_id(entry), let name = git_tree_entry_name(entry)
        else { return nil }
        self.id = ObjectID(id.pointee)
        let text = UnsafeRawPointer(name)
        nameBytes = Array(UnsafeRawBufferPointer(start: text, count: strlen(name)))
        switch git_tree_entry_filemode(entry) {
        case GIT_FILEMODE_TREE: kind = .folder
        case GIT_FILEMODE_BLOB_EXECUTABLE: kind = .executable
        case GIT_FILEMODE_LINK: kind = .symlink
        case GIT_FILEMODE_COMMIT: kind = .submodule
        default: kind = .regular
        }
    }

    /// nil unless it is UTF-8.
    var name: String? { String(validating: nameBytes, as: UTF8.self) }

    /// For messages, with what is not UTF-8 replaced.
    var shownName: String { String(decoding: nameBytes, as: UTF8.self) }
}
