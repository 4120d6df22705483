internal import CGit2

// Trees and blobs, each lent for as long as its handle lives.
extension Repository {
    /// About 400,000 entries: libgit2 reads a tree whole before any limit on entries can count.
    private static var treeByteLimit: Int { 16 << 20 }

    func tree(_ id: ObjectID) throws(GitError) -> Handle {
        let size = try objectSize(id, subject: "tree \(id)")
        guard size <= Self.treeByteLimit else {
            throw GitError(
                code: .limitExceeded, operation: .read,
                subject: "tree \(id) in repository \(path)",
                message: "has \(size) bytes, at most \(Self.treeByteLimit) are read")
        }
        var raw = id.raw
        return try Handle(freedBy: git_tree_free) { code in
            damaged("tree \(id)", code)
        } make: {
            git_tree_lookup(&$0, handle.pointer, &raw)
        }
    }

    func blob(_ id: ObjectID, subject: String) throws(GitError) -> Handle {
        var raw = id.raw
        return try Handle(freedBy: git_blob_free) { code in
            damaged(subject, code)
        } make: {
            git_blob_lookup(&$0, handle.pointer, &raw)
        }
    }

    /// The size of an object in bytes, read without its content: a few compressed kilobytes can stand
    /// for gigabytes.
    func objectSize(_ id: ObjectID, subject: String) throws(GitError) -> Int {
        let database = try Handle(freedBy: git_odb_free) { code in
            damaged(subject, code)
        } make: {
            git_repository_odb(&$0, handle.pointer)
        }
        var raw = id.raw
        var size = 0
        var type = GIT_OBJECT_INVALID
        let code = git_odb_read_header(&size, &type, database.pointer, &raw)
        guard code == 0 else { throw damaged(subject, code) }
        return size
    }

    private func damaged(_ subject: String, _ code: Int32) -> GitError {
        GitError(
            code: .library, operation: .read, subject: "\(subject) in repository \(path)",
            message: "cannot be read: \(LibGit2.failure(code)); run 'git fsck' there")
    }
}

/// Lends a blob's content.
func withContent<Result, Failure: Error>(
    of blob: borrowing Handle, _ body: (RawSpan) throws(Failure) -> Result
) throws(Failure) -> Result {
    let bytes = UnsafeRawBufferPointer(
        start: git_blob_rawcontent(blob.pointer), count: Int(git_blob_rawsize(blob.pointer)))
    return try body(bytes.bytes)
}
