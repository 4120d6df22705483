import Execution
import Glibc
import Host

/// Reads the log of one run volume, from its last lines on, through every rotation.
///
/// The app owns the files: they are read beneath the mount, through no link, in bounded parts, and
/// each line comes out fit for a terminal. Nothing is held open between two calls, since that would
/// keep the volume from being unmounted.
struct LogTail {
    /// supervisord's log and what it rotates it to, the newest first.
    private static let names = ["app.log", "app.log.1", "app.log.2"]
    private static let folder = "log"
    /// supervisord rotates at half of that; an app may have written more.
    private static let fileLimit = 8 << 20
    private static let chunkLimit = 1 << 20

    private var splitter = OutputLines()
    private var inode: UInt64?
    private var offset: Int64 = 0

    /// What came after the last newline.
    var rest: String? { splitter.rest }

    /// The last lines that there are, at most `count`; afterwards `next` gives what follows them.
    mutating func last(_ count: Int, in root: borrowing Directory) throws -> [String] {
        guard let log = try open(root) else { return [] }
        var parts: [[UInt8]] = []
        var newlines = 0
        for name in Self.names {
            guard let whole = try log.chunk(name, from: 0, limit: 0) else { continue }
            let start = max(0, whole.size - Int64(Self.fileLimit))
            // Another of that name by now: a rotation came in between.
            guard let part = try log.chunk(name, from: start, limit: Self.fileLimit),
                part.inode == whole.inode
            else { break }
            if parts.isEmpty {
                inode = part.inode
                offset = start + Int64(part.bytes.count)
            }
            // The first line of a part has its beginning elsewhere.
            let cut = start > 0 ? (part.bytes.firstIndex(of: 0x0A) ?? -1) + 1 : 0
            parts.append(Array(part.bytes[cut...]))
            newlines += part.bytes.count { $0 == 0x0A }
            if newlines > count || start > 0 { break }
        }
        var lines: [String] = []
        for part in parts.reversed() {
            for start in stride(from: 0, to: part.count, by: 64 << 10) {
                let end = min(start + 64 << 10, part.count)
                lines = Array(
                    (lines + splitter.add(Array(part[start..<end]))).suffix(count))
            }
        }
        return lines
    }

    /// The lines that were added since the last call.
    mutating func next(in root: borrowing Directory) throws -> [String] {
        guard let log = try open(root) else { return [] }
        var lines: [String] = []
        // A step for each file; more only if it rotates while it is read.
        for _ in 0..<2 * Self.names.count {
            let files = try Self.names.compactMap { name -> (name: String, inode: UInt64)? in
                guard let status = try log.attributes(name) else { return nil }
                return (name, UInt64(status.st_ino))
            }
            guard let oldest = files.last else { break }
            guard let index = files.firstIndex(where: { $0.inode == inode }) else {
                // Nothing was read yet, or what was read is rotated away: all of these are newer.
                inode = oldest.inode
                offset = 0
                continue
            }
            guard try drain(files[index].name, in: log, &lines), index > 0 else { break }
            inode = files[index - 1].inode
            offset = 0
        }
        return lines
    }

    /// Reads a file to its end.
    ///
    /// - Returns: false if it is another file by now, or has more than is read at once.
    private mutating func drain(
        _ name: String, in log: borrowing Directory, _ lines: inout [String]
    ) throws -> Bool {
        for _ in 0..<Self.fileLimit / Self.chunkLimit {
            guard let part = try log.chunk(name, from: offset, limit: Self.chunkLimit),
                part.inode == inode
            else { return false }
            // Cut by the app itself.
            if part.size < offset {
                offset = 0
                continue
            }
            if part.bytes.isEmpty { return true }
            offset += Int64(part.bytes.count)
            lines += splitter.add(part.bytes)
        }
        return false
    }

    /// Nil if the app has no folder of logs, or it is damaged: the plan tells.
    private func open(_ root: borrowing Directory) throws -> Directory? {
        do throws(SystemError) {
            return try root.directory(Self.folder)
        } catch {
            guard error.code == ENOENT else { throw error }
            return nil
        }
    }
}
