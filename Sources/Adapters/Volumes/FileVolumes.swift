import Glibc
import Host

/// Volumes as sparse files with ext4 on loop devices: the backend where there is no LVM.
///
///     <directory>/images/<name>.img     the volume; `<name>.img.partial` while it is being made,
///                                       `<name>.img.growing` beside it while it is being grown
///     <directory>/mounts/<name>/        its mount point
package struct FileVolumes: VolumeStore {
    let directory: String
    var images: String { "\(directory)/images" }
    private var mounts: String { "\(directory)/mounts" }

    /// - Parameter directory: an absolute path; made at the first volume.
    package init(directory: String) { self.directory = directory }

    package func mountPoint(of name: String) -> String { "\(mounts)/\(name)" }

    func image(_ name: String) -> String { "\(images)/\(name).img" }

    func point(_ name: String) -> MountPoint {
        MountPoint(volume: name, path: mountPoint(of: name))
    }

    package func survey(prefix: String) async throws(VolumeError) -> VolumeSurvey {
        try await VolumeError.of("list", prefix) {
            let all = try records()
            let space = try spaceOf(nearestExisting(directory))
            return VolumeSurvey(
                volumes: all.filter { $0.name.hasPrefix(prefix) },
                capacity: VolumeCapacity(
                    place: "the disk of \(directory)", totalBytes: space.total,
                    usedBytes: space.used, virtualBytes: all.map(\.limit).reduce(0, +)))
        }
    }

    private func records() throws -> [VolumeRecord] {
        guard try hostEntry(images) != nil else { return [] }
        let directory = try Directory(path: images)
        let mounted = try mountPoints()
        let names = try directory.names()
        let growing = Set(names.filter { $0.hasSuffix(".img.growing") })
        var records: [VolumeRecord] = []
        for file in names where file.hasSuffix(".img") {
            guard let status = try directory.attributes(file) else { continue }
            let name = String(file.dropLast(4))
            let point = mountPoint(of: name)
            // Until it has grown, its file system is as it was.
            let before = growing.contains("\(file).growing") ? try sizeBeforeGrowth(name) : nil
            records.append(
                VolumeRecord(
                    name: name, limit: before ?? Int64(status.st_size),
                    used: Int64(status.st_blocks) * 512,
                    mountPoint: mounted.contains(point) ? point : nil))
        }
        return records
    }

    package func create(_ name: String, limit: Int64) async throws(VolumeError) {
        try await VolumeError.of("create", name) {
            try requireNew(name, for: "create")
            try await making(name) { partial in
                try resizeFile(partial, size: limit)
                try await Ext4.format(partial, size: limit).run()
            }
        }
    }

    package func snapshot(
        _ origin: String, as name: String, limit: Int64
    ) async throws(VolumeError) {
        try await VolumeError.of("snapshot", name) {
            try requireNew(name, for: "snapshot")
            let source = image(origin)
            try await making(name) { partial in
                guard let status = try hostEntry(source) else {
                    throw VolumeError("snapshot", origin, "no such volume")
                }
                try requireRoom(for: Int64(status.st_size), in: name, limit: limit)
                // A reflink where the host's file system has them, else only the blocks in use.
                var copy = ToolCall("cp", ["--reflink=auto", "--sparse=always", source, partial])
                copy.deadlineSeconds = 600
                try await copy.run()
                try resizeFile(partial, size: limit)
                try await growCopy(partial)
            }
        }
    }

    /// One of that name may be mounted: it is never written over.
    private func requireNew(_ name: String, for operation: String) throws {
        if try exists(name) { throw VolumeError.isThere(name, for: operation) }
    }

    package func seal(
        _ name: String, folder: String, renamed: String, artifact: String
    ) async throws(VolumeError) {
        try await VolumeError.of("seal", name) {
            // Of one key, so of one content; and others may be copying it.
            if try exists(artifact) {
                try await unmount(name)
                return try await remove(name)
            }
            let path = mountPoint(of: name)
            try await awaitOthers(at: image(name))
            try await offload { try keepOnly(folder, as: renamed, in: path) }
            try await unmount(name)
            let file = image(name)
            let size = try await shrinkToFit(file, of: name, discard: false)
            try resizeFile(file, size: size)
            try syncFile(file)
            // Under its old name the volume is still known, and whoever removes it finds this gone.
            try point(name).remove()
            let images = try Directory(path: images)
            try images.rename("\(name).img", to: "\(artifact).img")
            try images.sync()
        }
    }

    package func read(
        _ path: String, of artifact: String, limit: Int
    ) async throws(VolumeError) -> [UInt8]? {
        try await VolumeError.of("read", artifact) {
            let text = try await Ext4.read(path, from: image(artifact)).run(limit: limit)
            return text.isEmpty ? nil : Array(text.utf8)
        }
    }

    package func mount(_ name: String) async throws(VolumeError) {
        try await VolumeError.of("mount", name) {
            let image = image(name)
            try await awaitOthers(at: image)
            let point = point(name)
            try await point.mount(
                Ext4.mount(image, at: point.path, options: ["loop"]).holding(image), of: image
            ) { try loopDevice(of: image) != nil }
        }
    }

    package func unmount(_ name: String) async throws(VolumeError) {
        try await VolumeError.of("unmount", name) {
            let image = image(name)
            try await point(name).unmount(device: image) { try loopDevice(of: image) != nil }
        }
    }

    package func trim(_ name: String) async throws(VolumeError) {
        try await VolumeError.of("trim", name) { try await point(name).trim() }
    }

    package func remove(_ name: String) async throws(VolumeError) {
        try await VolumeError.of("remove", name) {
            let image = image(name)
            let point = point(name)
            try await awaitOthers(at: image)
            try point.requireUnmounted("remove")
            try await point.awaitRelease { try loopDevice(of: image) != nil }
            try point.remove()
            try removeHostEntry(image, folder: false)
            try removeHostEntry(growing(name), folder: false)
        }
    }

    func exists(_ name: String) throws -> Bool { try hostEntry(image(name)) != nil }
}
