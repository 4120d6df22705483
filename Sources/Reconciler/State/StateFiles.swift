import Glibc
import Host

/// A folder of small files, as far as the state needs one. Paths are relative to it, of plain names.
///
/// A crash leaves of each file the old or the new content; of an appended line any part may be
/// missing.
package protocol StateFiles: Sendable {
    /// Where it is, for messages.
    var location: String { get }

    /// The plain files in a folder, sorted; empty if there is no such folder.
    func names(in folder: String) throws -> [String]

    /// Nil if there is no such file.
    ///
    /// - Throws: if it is longer than `limit` bytes, too.
    func read(_ path: String, limit: Int) throws -> [UInt8]?

    /// Puts a file in place, durably, with the folders that lead to it.
    func replace(_ path: String, _ bytes: [UInt8]) throws

    /// Adds a line, durably; one that a crash cut short is ended before it.
    func append(_ path: String, _ line: [UInt8]) throws

    /// The size in bytes; nil if there is no such file.
    func size(_ path: String) throws -> Int?

    /// Gives a file another name in its folder, durably.
    func rename(_ path: String, to name: String) throws

    /// Removes a file, durably; nothing there is no error.
    func remove(_ path: String) throws
}

/// A folder of the host's own, root's alone.
package struct HostStateFiles: StateFiles {
    package let location: String

    /// - Parameter location: an absolute path; made at the first write.
    package init(_ location: String) { self.location = location }

    package func names(in folder: String) throws -> [String] {
        let path = "\(location)/\(folder)"
        guard try hostEntry(path) != nil else { return [] }
        return try Directory(path: path).names().filter { !$0.hasPrefix(".") }
    }

    package func read(_ path: String, limit: Int) throws -> [UInt8]? {
        guard try hostEntry("\(location)/\(path)") != nil else { return nil }
        return try readHostFile("\(location)/\(path)", limit: limit)
    }

    package func replace(_ path: String, _ bytes: [UInt8]) throws {
        let (folder, name) = try parent(of: path)
        try Directory(path: folder).replaceDurably(name, bytes)
    }

    package func append(_ path: String, _ line: [UInt8]) throws {
        let (folder, name) = try parent(of: path)
        try appendDurably(line, to: "\(folder)/\(name)")
    }

    package func size(_ path: String) throws -> Int? {
        try hostEntry("\(location)/\(path)").map { Int($0.st_size) }
    }

    package func rename(_ path: String, to name: String) throws {
        let (folder, old) = try parent(of: path)
        let directory = try Directory(path: folder)
        try directory.rename(old, to: name)
        try directory.sync()
    }

    package func remove(_ path: String) throws {
        guard try hostEntry("\(location)/\(path)") != nil else { return }
        let (folder, name) = try parent(of: path)
        try removeHostEntry("\(folder)/\(name)", folder: false)
        try Directory(path: folder).sync()
    }

    private func parent(of path: String) throws -> (folder: String, name: String) {
        let parts = path.split(separator: "/")
        let folder = ([location] + parts.dropLast().map(String.init)).joined(separator: "/")
        try makeFolders(folder, mode: 0o700)
        return (folder, String(parts.last ?? ""))
    }
}
