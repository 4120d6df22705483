import CNavi

/// A file of zeros whose blocks are there, to be written over when the volume may be full.
enum SlotFile {
    static let bytes = 16384

    static func isReady(_ name: String, beneath folder: Int32) -> Bool {
        var status = stat()
        return fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && isOurs(status)
            && status.st_size == bytes && status.st_blocks * 512 >= bytes
    }

    /// Makes a slot under another name first: what is seen as a slot is filled.
    static func fill(_ name: String, as temporary: String, beneath folder: Int32)
        throws(SystemError)
    {
        do {
            let file = try create(temporary, beneath: folder)
            try file.replaceContents(with: [UInt8](repeating: 0, count: bytes))
        } catch {
            _ = unlinkat(folder, temporary, 0)
            throw error
        }
        if renameat(folder, temporary, folder, name) == 0 { return }
        // A folder stands there: no file replaces it.
        remove(name, beneath: folder)
        if renameat(folder, temporary, folder, name) != 0 { throw SystemError("rename", name) }
    }

    /// Takes a slot by giving it a name of one's own; without any, a new file. A claim that a
    /// killed process left behind is taken first.
    static func claim(from slots: [String], as claimed: String, beneath folder: Int32)
        throws(SystemError) -> Descriptor
    {
        if let file = openOurs(claimed, beneath: folder) { return file }
        for slot in slots where renameat(folder, slot, folder, claimed) == 0 {
            if let file = openOurs(claimed, beneath: folder) { return file }
        }
        return try create(claimed, beneath: folder)
    }

    /// Opens a file for writing if it is as navi makes it; otherwise the app has put something
    /// in its place, and that goes.
    private static func openOurs(_ name: String, beneath folder: Int32) -> Descriptor? {
        if let file = try? Descriptor(name, beneath: folder, flags: O_WRONLY),
            let status = try? file.status(), isOurs(status)
        {
            return file
        }
        remove(name, beneath: folder)
        return nil
    }

    private static func isOurs(_ status: stat) -> Bool {
        status.st_mode & mode_t(S_IFMT) == mode_t(S_IFREG) && status.st_mode & 0o7777 == 0o600
            && status.st_nlink == 1 && status.st_uid == geteuid()
    }

    private static func create(_ name: String, beneath folder: Int32) throws(SystemError)
        -> Descriptor
    {
        remove(name, beneath: folder)
        return try Descriptor(name, beneath: folder, flags: O_WRONLY | O_CREAT | O_EXCL)
    }

    private static func remove(_ name: String, beneath folder: Int32) {
        if unlinkat(folder, name, 0) != 0 { _ = unlinkat(folder, name, AT_REMOVEDIR) }
    }
}
