import Glibc
import Host

/// Volumes as sparse files with ext4 on loop devices: the backend where there is no LVM.
///
///     <directory>/images/<name>.img     the volume; `<name>.img.partial` while it is being made
///     <directory>/mounts/<name>/        its mount point
package struct FileVolumes: VolumeStore {
    private let directory: String
    fileprivate var images: String { "\(directory)/images" }
    private var mounts: String { "\(directory)/mounts" }

    /// - Parameter directory: an absolute path; made at the first volume.
    package init(directory: String) { self.directory = directory }

    package func mountPoint(of name: String) -> String { "\(mounts)/\(name)" }

    private func image(_ name: String) -> String { "\(images)/\(name).img" }

    package func list(prefix: String) async throws(VolumeError) -> [VolumeRecord] {
        do throws(SystemError) {
            guard try hostEntry(images) != nil else { return [] }
            let directory = try Directory(path: images)
            let mounted = try mountPoints()
            var records: [VolumeRecord] = []
            for file in try directory.names() where file.hasPrefix(prefix) {
                guard file.hasSuffix(".img"), let status = try directory.attributes(file) else {
                    continue
                }
                let name = String(file.dropLast(4))
                let point = mountPoint(of: name)
                records.append(
                    VolumeRecord(
                        name: name, limit: Int64(status.st_size),
                        used: Int64(status.st_blocks) * 512,
                        mountPoint: mounted.contains(point) ? point : nil))
            }
            return records
        } catch {
            throw VolumeError("list", prefix, "\(error)")
        }
    }

    package func create(_ name: String, limit: Int64) async throws(VolumeError) {
        try refuseExisting("create", name)
        try await making("create", name) { partial in
            try resizeFile(partial, size: limit)
            try await Tool.run(
                "mkfs.ext4", ["-q", "-F"] + Self.formatOptions + [partial])
        }
    }

    /// Without these, mkfs writes 64 MiB for each 2 GiB; and no block is kept for root, so that
    /// the limit is the app's own.
    private static let formatOptions = [
        "-m", "0", "-J", "size=8", "-E", "nodiscard,lazy_itable_init=1,lazy_journal_init=1",
    ]

    package func snapshot(
        _ origin: String, as name: String, limit: Int64
    ) async throws(VolumeError) {
        // Its name says of what it is; whoever planned did not see it.
        if try exists(name) { return }
        let source = image(origin)
        try await making("snapshot", name) { partial in
            guard let status = try hostEntry(source) else {
                throw VolumeError("snapshot", origin, "no such volume")
            }
            guard Int64(status.st_size) <= limit else {
                throw VolumeError(
                    "snapshot", name,
                    "the build's output takes \(Int64(status.st_size)) bytes and run.volume is "
                        + "\(limit) bytes; raise run.volume, or build less")
            }
            // A reflink where the host's file system has them, else only the blocks in use.
            try await Tool.run(
                "cp", ["--reflink=auto", "--sparse=always", source, partial], deadlineSeconds: 600)
            try resizeFile(partial, size: limit)
            try await Tool.run("resize2fs", [partial], deadlineSeconds: 600)
        }
    }

    package func seal(
        _ name: String, folder: String, renamed: String, artifact: String
    ) async throws(VolumeError) {
        do {
            // Of one key, so of one content; and others may be copying it.
            if try exists(artifact) {
                try await unmount(name)
                return try await remove(name)
            }
            let path = mountPoint(of: name)
            try await offload { try keepOnly(folder, as: renamed, in: path) }
            try await unmount(name)
            let file = image(name)
            // resize2fs wants a checked file system; -p mends what is safe to mend, 1 says it did.
            try await Tool.run(
                "e2fsck", ["-f", "-p", file], deadlineSeconds: 600, accepted: [0, 1])
            try await Tool.run("resize2fs", ["-M", file], deadlineSeconds: 600)
            let header = try await Tool.run("dumpe2fs", ["-h", file])
            guard let size = fileSystemSize(header) else {
                throw VolumeError("seal", name, "dumpe2fs names no block count and size")
            }
            try resizeFile(file, size: size)
            try syncFile(file)
            // Under its old name the volume is still known, and whoever removes it finds this gone.
            try removeHostEntry(path, folder: true)
            let images = try Directory(path: images)
            try images.rename("\(name).img", to: "\(artifact).img")
            try images.sync()
        } catch let error as VolumeError {
            throw error
        } catch {
            throw VolumeError("seal", name, "\(error)")
        }
    }

    package func read(
        _ path: String, of artifact: String, limit: Int
    ) async throws(VolumeError) -> [UInt8]? {
        do {
            // debugfs reads the image itself: a link there leads nowhere out of it, and nothing
            // is mounted. It ends with 0 whatever happened, and says to stderr what did.
            let text = try await Tool.run(
                "debugfs", ["-R", "cat /\(path)", image(artifact)], limit: limit)
            return text.isEmpty ? nil : Array(text.utf8)
        } catch {
            throw VolumeError("read", artifact, "\(error)")
        }
    }

    package func mount(_ name: String) async throws(VolumeError) {
        let point = mountPoint(of: name)
        do {
            if try mountPoints().contains(point) { return }
            try makeFolders(point)
            try await Tool.run(
                "mount",
                ["-t", "ext4", "-o", "loop,nodev,nosuid,noatime,discard", image(name), point])
        } catch {
            throw VolumeError("mount", name, "\(error)")
        }
    }

    package func unmount(_ name: String) async throws(VolumeError) {
        let point = mountPoint(of: name)
        do {
            try await unmount(point: point)
            try await awaitRelease(name)
        } catch let error as VolumeError {
            throw error
        } catch {
            throw VolumeError("unmount", name, "\(error)")
        }
    }

    /// A child that was just forked has copies of what its parent had open below the mount until it
    /// runs its program, and makes it busy for so long.
    private func unmount(point: String) async throws {
        for attempt in 1...100 {
            guard try mountPoints().contains(point) else { return }
            do throws(ToolError) {
                try await Tool.run("umount", [point])
            } catch {
                // Somebody else may have been faster.
                if (try? mountPoints().contains(point)) == false { return }
                guard error.output.contains("target is busy"), attempt < 100 else { throw error }
                try await Task.sleep(for: .milliseconds(20))
            }
        }
    }

    /// Waits until the kernel has let go of the image. A container that starts copies every mount
    /// of the host for a moment, so that the file system can outlive its `umount` here: changing
    /// the image then would damage it.
    private func awaitRelease(_ name: String) async throws {
        for _ in 0..<1000 {
            if try !isOnLoopDevice(image(name)) { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw VolumeError(
            "unmount", name,
            "it is still in use 10 s after the umount; a process or container holds it open")
    }

    package func remove(_ name: String) async throws(VolumeError) {
        do {
            let point = mountPoint(of: name)
            guard try !mountPoints().contains(point) else {
                throw VolumeError("remove", name, "it is mounted")
            }
            try await awaitRelease(name)
            try removeHostEntry(point, folder: true)
            try removeHostEntry(image(name), folder: false)
        } catch let error as VolumeError {
            throw error
        } catch {
            throw VolumeError("remove", name, "\(error)")
        }
    }

    private func exists(_ name: String) throws(VolumeError) -> Bool {
        do throws(SystemError) {
            return try hostEntry(image(name)) != nil
        } catch {
            throw VolumeError("look for", name, "\(error)")
        }
    }

    /// An image of that name may be mounted: it is never written over.
    private func refuseExisting(_ operation: String, _ name: String) throws(VolumeError) {
        guard try !exists(name) else {
            throw VolumeError(operation, name, "it is there already; plan again")
        }
    }

    /// Makes an image under its temporary name and gives it its own once it is whole.
    private func making(
        _ operation: String, _ name: String, _ body: (String) async throws -> Void
    ) async throws(VolumeError) {
        do {
            try makeFolders(images)
            try sweepPartials()
            let partial = "\(image(name)).partial"
            // Tells the others that somebody is at it; it dies with this process.
            let making = try FileLock.make(partial)
            defer { withExtendedLifetime(making) {} }
            do {
                try await body(partial)
                try syncFile(partial)
                let images = try Directory(path: images)
                try images.rename("\(name).img.partial", to: "\(name).img")
                try images.sync()
            } catch {
                try? removeHostEntry(partial, folder: false)
                throw error
            }
        } catch let error as VolumeError {
            throw error
        } catch {
            throw VolumeError(operation, name, "\(error)")
        }
    }
}

extension FileVolumes {
    /// Removes what was being made by a process that is gone. Its name may never be made again: the
    /// definitions may have moved since.
    private func sweepPartials() throws {
        let names = try Directory(path: images).names()
        for name in names where name.hasSuffix(".img.partial") {
            try FileLock.removeUnheld("\(images)/\(name)")
        }
    }
}

/// Block count times block size, from `dumpe2fs -h`.
func fileSystemSize(_ header: String) -> Int64? {
    var fields: [Substring: Int64] = [:]
    for line in header.split(separator: "\n") {
        let parts = line.split(separator: ":", maxSplits: 1)
        guard let name = parts.first, let value = parts.last else { continue }
        fields[name] = Int64(value.drop { $0 == " " })
    }
    guard let count = fields["Block count"], let size = fields["Block size"] else { return nil }
    let (bytes, overflow) = count.multipliedReportingOverflow(by: size)
    return overflow ? nil : bytes
}

/// Empties a volume but for one folder, which must be a real one: the build owned all of it and
/// may have put a link in its place.
private func keepOnly(_ folder: String, as renamed: String, in path: String) throws {
    let root = try Directory(path: path)
    guard let status = try root.attributes(folder), isFolder(status) else {
        throw SystemError("seal", "\(path)/\(folder)", code: 0, detail: "the build left no folder")
    }
    for name in try root.names() where name != folder { try root.removeTree(name) }
    if folder != renamed { try root.rename(folder, to: renamed) }
    try root.change(mode: 0o755, owner: .root)
    try root.sync()
}
