internal import CGit2

/// libgit2's process-wide state, set up at the first use: it costs 7 ms, which a command that
/// reads no repository need not pay.
enum LibGit2 {
    /// The number of initialisations, or a negative error code.
    static let initialised: Int32 = {
        let count = git_libgit2_init()
        // libgit2 1.5.1 reports a foreign owner as "not found" and cannot be told of exceptions:
        // `Repository.open` decides on the owner instead.
        return count < 0 ? count : min(modplan_git_set_owner_validation(0), 0) + count
    }()

    /// libgit2's own words about the call that just failed on this thread.
    static func failure(_ code: Int32) -> String {
        guard let error = git_error_last(), let message = error.pointee.message else {
            return "libgit2 failed with code \(code)"
        }
        return String(cString: message)
    }
}

/// An object of libgit2's, freed when it goes out of scope; its pointer is valid only until then.
struct Handle: ~Copyable {
    let pointer: OpaquePointer
    private let free: @convention(c) (OpaquePointer?) -> Void

    /// - Parameter make: stores the new object and returns libgit2's code.
    /// - Throws: what `explain` makes of the code.
    init(
        freedBy free: @convention(c) (OpaquePointer?) -> Void,
        explain: (Int32) -> GitError, make: (inout OpaquePointer?) -> Int32
    ) throws(GitError) {
        var pointer: OpaquePointer?
        let code = make(&pointer)
        guard code == 0, let pointer else { throw explain(code) }
        self.pointer = pointer
        self.free = free
    }

    deinit { free(pointer) }
}
