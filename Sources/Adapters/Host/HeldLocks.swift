import Glibc

/// Who holds a `flock`, as the kernel says: asked without touching the lock, since even a try
/// would get in the way of somebody who takes it at that moment.
package struct LockHolder: Sendable, Equatable {
    /// Of the process that took it; 0 where the kernel does not show it here.
    package var pid: Int32
    /// What the holder wrote into the file.
    package var text: String
}

/// One `flock` of the kernel's table.
struct HeldFileLock: Equatable {
    var pid: Int32
    var major: UInt32
    var minor: UInt32
    var inode: UInt64
}

/// The holder of a lock file's `flock`; nil if nobody holds it, or there is no such file.
package func lockHolder(of path: String) throws(SystemError) -> LockHolder? {
    guard let status = try hostEntry(path) else { return nil }
    let table = String(decoding: try readHostFile("/proc/locks", limit: 16 << 20), as: UTF8.self)
    let text = String(decoding: try readHostFile(path, limit: 4096), as: UTF8.self)
    let inode = UInt64(status.st_ino)
    let held = heldFileLocks(in: table).filter { $0.inode == inode }
    // Some file systems have one device number for `stat` and another for this table: then what
    // the holder wrote tells whether it is this file.
    // As glibc packs the two.
    let device = UInt64(status.st_dev)
    let major = UInt32(truncatingIfNeeded: ((device >> 8) & 0xfff) | ((device >> 32) & ~0xfff))
    let minor = UInt32(truncatingIfNeeded: (device & 0xff) | ((device >> 12) & ~0xff))
    let holder =
        held.first { $0.major == major && $0.minor == minor }
        ?? held.first { text.contains("pid \($0.pid) ") }
    return holder.map { LockHolder(pid: $0.pid, text: text) }
}

/// The locks of `/proc/locks` that are held: `1: FLOCK  ADVISORY  WRITE 4467 fe:00:1032260 0 EOF`.
/// Those that only wait have `->` after the number.
func heldFileLocks(in table: String) -> [HeldFileLock] {
    table.split(separator: "\n").compactMap { line in
        let words = line.split(separator: " ")
        guard words.count >= 6, words[1] == "FLOCK", let pid = Int32(words[4]) else { return nil }
        let place = words[5].split(separator: ":")
        guard place.count == 3, let major = UInt32(place[0], radix: 16),
            let minor = UInt32(place[1], radix: 16), let inode = UInt64(place[2])
        else { return nil }
        return HeldFileLock(pid: max(0, pid), major: major, minor: minor, inode: inode)
    }
}

/// True if a process of that number is there, whoever owns it.
package func isAlive(_ pid: Int32) -> Bool {
    pid > 0 && (kill(pid, 0) == 0 || errno == EPERM)
}
