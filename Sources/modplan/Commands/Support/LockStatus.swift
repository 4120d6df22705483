import Host

/// A lock of this installation that somebody holds.
struct LockStatus: Encodable, Equatable {
    /// The app, the artifact that is built, or `_shared` for what all apps share.
    var name: String
    /// Of the process that holds it; nil where the kernel does not tell.
    var pid: Int32?
    /// Who, where, which command and since when, as the holder wrote it.
    var holder: String
}

extension Installation {
    private var lockFolder: String { "\(stateFolder)/locks" }

    /// Every lock that is held, by name. A lock lives no longer than its process, so that each of
    /// these is a command at work.
    func heldLocks() throws -> [LockStatus] {
        guard try hostEntry(lockFolder) != nil else { return [] }
        return try Directory(path: lockFolder).names().compactMap { name in
            guard name.hasSuffix(".lock") else { return nil }
            return try heldLock(String(name.dropLast(".lock".count)))
        }
    }

    /// Nil if nobody holds it.
    func heldLock(_ name: String) throws -> LockStatus? {
        guard let holder = try lockHolder(of: "\(lockFolder)/\(name).lock") else { return nil }
        return LockStatus(
            name: name, pid: holder.pid > 0 ? holder.pid : nil,
            holder: holder.text.isEmpty ? "a process that just started" : holder.text)
    }
}
