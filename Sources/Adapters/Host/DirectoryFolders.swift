package import Glibc

/// A user and a group by number.
package struct Owner: Sendable, Equatable {
    package var user: uid_t
    package var group: gid_t

    package init(user: uid_t, group: gid_t) {
        self.user = user
        self.group = group
    }

    package static let root = Owner(user: 0, group: 0)
}

extension Directory {
    /// Makes a folder, or gives the one that is there the mode and the owner asked for.
    package func makeDirectory(
        _ name: String, mode: UInt32 = 0o755, owner: Owner? = nil
    ) throws(SystemError) {
        if mkdirat(descriptor, name, mode) != 0 && errno != EEXIST {
            throw SystemError("make folder", "\(path)/\(name)")
        }
        let folder = try directory(name)
        try folder.change(mode: mode, owner: owner)
    }

    /// Sets this directory's own mode and owner.
    package func change(mode: UInt32, owner: Owner?) throws(SystemError) {
        if let owner, fchown(descriptor, owner.user, owner.group) != 0 {
            throw SystemError("chown", path)
        }
        guard fchmod(descriptor, mode) == 0 else { throw SystemError("chmod", path) }
    }

    /// Removes a file, never a folder; nothing there is no error.
    package func removeFile(_ name: String) throws(SystemError) {
        guard unlinkat(descriptor, name, 0) == 0 || errno == ENOENT else {
            throw SystemError("remove", "\(path)/\(name)")
        }
    }

    /// Removes an entry and all below it, following no link and crossing no mount. An entry that
    /// is not there is no error.
    package func removeTree(_ name: String) throws(SystemError) {
        if unlinkat(descriptor, name, 0) == 0 || errno == ENOENT { return }
        guard errno == EISDIR || errno == EPERM else {
            throw SystemError("remove", "\(path)/\(name)")
        }
        do {
            let folder = try directory(name)
            for entry in try folder.names() { try folder.removeTree(entry) }
        }
        guard unlinkat(descriptor, name, AT_REMOVEDIR) == 0 || errno == ENOENT else {
            throw SystemError("remove", "\(path)/\(name)")
        }
    }
}
