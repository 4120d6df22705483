internal import CGit2
private import Glibc

/// An open repository. Every call blocks, on disk alone; a handle belongs to one thread at a time.
package struct Repository: ~Copyable {
    /// As it was asked for.
    package let path: String
    let handle: Handle

    /// Opens the repository at exactly this path, bare or with its `.git` folder or file in it.
    ///
    /// The path and the repository's own folders must belong to root or to the current user, or
    /// the current user must be root: who may change a repository decides what runs from it.
    package init(at path: String) throws(GitError) {
        func failure(_ code: GitError.Code, _ message: String) -> GitError {
            GitError(
                code: code, operation: .open, subject: "repository \(path)", message: message)
        }
        guard !path.utf8.contains(0) else {
            throw failure(.missingRepository, "a path cannot hold a NUL")
        }
        guard LibGit2.initialised > 0 else {
            throw failure(.library, LibGit2.failure(LibGit2.initialised))
        }
        try checkOwner(of: path, failure)
        let opened = try Handle(freedBy: git_repository_free) { code in
            code == GIT_ENOTFOUND.rawValue
                ? failure(
                    .notARepository,
                    "not a git repository; make it one with 'git init', or correct the path")
                : failure(.library, "cannot be opened: \(LibGit2.failure(code))")
        } make: { pointer in
            git_repository_open_ext(&pointer, path, GIT_REPOSITORY_OPEN_NO_SEARCH.rawValue, nil)
        }
        // `.git` may be a file that points elsewhere, and a worktree shares another's objects.
        for folder in [
            git_repository_path(opened.pointer), git_repository_commondir(opened.pointer),
        ] {
            if let folder { try checkOwner(of: String(cString: folder), failure) }
        }
        self.path = path
        handle = opened
    }

    /// The commit that a branch, tag, `HEAD` or commit id stands for.
    package func resolve(_ ref: String) throws(GitError) -> Commit {
        let subject = "ref \(ref) in repository \(path)"
        func failure(_ code: GitError.Code, _ message: String) -> GitError {
            GitError(code: code, operation: .resolve, subject: subject, message: message)
        }
        let isUnborn = ref == "HEAD" && git_repository_head_unborn(handle.pointer) == 1
        let object = try Handle(freedBy: git_object_free) { code in
            switch code {
            case GIT_ENOTFOUND.rawValue, GIT_EUNBORNBRANCH.rawValue:
                failure(
                    .missingRef,
                    isUnborn
                        ? "its branch has no commit yet; commit or push one"
                        : "no such branch, tag or commit; push it, or correct the ref")
            case GIT_EINVALIDSPEC.rawValue: failure(.missingRef, "not a branch, tag or commit id")
            case GIT_EAMBIGUOUS.rawValue:
                failure(.missingRef, "several objects begin so; write the whole id")
            default: failure(.library, "cannot be read: \(LibGit2.failure(code))")
            }
        } make: {
            git_revparse_single(&$0, handle.pointer, ref)
        }
        let commit = try Handle(freedBy: git_object_free) { code in
            code == GIT_EPEEL.rawValue || code == GIT_EINVALIDSPEC.rawValue
                ? failure(.notACommit, "names no commit; give a branch, a tag or a commit id")
                : failure(.library, "cannot be read: \(LibGit2.failure(code))")
        } make: {
            git_object_peel(&$0, object.pointer, GIT_OBJECT_COMMIT)
        }
        guard let id = git_commit_id(commit.pointer), let tree = git_commit_tree_id(commit.pointer)
        else { throw failure(.library, "the commit is damaged; run 'git fsck'") }
        let summary = git_commit_summary(commit.pointer).map { String(cString: $0) } ?? ""
        return Commit(
            id: ObjectID(id.pointee), treeId: ObjectID(tree.pointee),
            subject: String(summary.prefix(200)), time: git_commit_time(commit.pointer))
    }

    /// The tree at a path of a commit; the commit's own tree for the empty path.
    ///
    /// Two commits with the same tree id hold the same files there, byte for byte.
    package func treeId(of commit: Commit, at path: String) throws(GitError) -> ObjectID {
        guard !path.isEmpty else { return commit.treeId }
        let subject = "folder \(path) in commit \(commit.id.abbreviated) of repository \(self.path)"
        func failure(_ code: GitError.Code, _ message: String) -> GitError {
            GitError(code: code, operation: .find, subject: subject, message: message)
        }
        let root = try tree(commit.treeId)
        let entry = try Handle(freedBy: git_tree_entry_free) { code in
            code == GIT_ENOTFOUND.rawValue
                ? failure(.missingPath, "does not exist there; commit it, or correct the path")
                : failure(.library, "cannot be read: \(LibGit2.failure(code))")
        } make: {
            git_tree_entry_bypath(&$0, root.pointer, path)
        }
        guard git_tree_entry_type(entry.pointer) == GIT_OBJECT_TREE,
            let id = git_tree_entry_id(entry.pointer)
        else { throw failure(.notAFolder, "not a folder; correct the path") }
        return ObjectID(id.pointee)
    }
}

/// The owner whom a repository may have: whoever else could write to it could run code here.
func mayOwn(_ owner: UInt32, for user: UInt32) -> Bool {
    user == 0 || owner == 0 || owner == user
}

private func checkOwner(
    of path: String, _ failure: (GitError.Code, String) -> GitError
) throws(GitError) {
    var status = stat()
    guard stat(path, &status) == 0 else {
        if errno == ENOENT || errno == ENOTDIR {
            throw failure(
                .missingRepository, "does not exist; make it with 'git init', or correct the path")
        }
        throw failure(.library, "cannot be read: \(String(cString: strerror(errno)))")
    }
    guard mayOwn(status.st_uid, for: geteuid()) else {
        throw failure(
            .foreignOwner,
            "\(path) belongs to user \(status.st_uid), who is neither root nor the current user; "
                + "run as root, or change its owner")
    }
}
