import Glibc
import Host

// How an image gets its name once it is whole, and how it grows.

extension FileVolumes {
    /// Makes an image under its temporary name and gives it its own once it is whole.
    func making(_ name: String, _ body: (String) async throws -> Void) async throws {
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
    }

    /// Removes what was being made by a process that is gone. Its name may never be made again: the
    /// definitions may have moved since.
    private func sweepPartials() throws {
        let names = try Directory(path: images).names()
        for name in names where name.hasSuffix(".img.partial") {
            try FileLock.removeUnheld("\(images)/\(name)")
        }
    }

    func growing(_ name: String) -> String { "\(image(name)).growing" }

    /// In bytes; nil if the volume is not being grown.
    func sizeBeforeGrowth(_ name: String) throws -> Int64? {
        guard try hostEntry(growing(name)) != nil else { return nil }
        return Int64(String(decoding: try readHostFile(growing(name), limit: 64), as: UTF8.self))
    }

    package func rename(_ name: String, to other: String) async throws(VolumeError) {
        try await VolumeError.of("rename", name) {
            let image = image(name)
            try await awaitOthers(at: image)
            guard try exists(name) else {
                if try exists(other) { return }
                throw VolumeError("rename", name, "no such volume")
            }
            guard try !exists(other) else {
                throw VolumeError("rename", other, "it is there already; plan again")
            }
            // Its mark would stay behind, and speak of the next one of that name.
            guard try sizeBeforeGrowth(name) == nil else {
                throw VolumeError("rename", name, "a growth of it was cut short; plan again")
            }
            let point = point(name)
            try point.requireUnmounted("rename")
            try await point.awaitRelease { try loopDevice(of: image) != nil }
            try point.remove()
            let images = try Directory(path: images)
            try images.rename("\(name).img", to: "\(other).img")
            try images.sync()
        }
    }

    package func obstacleToSnapshots() async -> String? {
        do {
            // The folder is made with the first volume.
            let folder = nearestExisting(directory)
            if try sharesBlocks(in: folder) { return nil }
            return "the file system of \(folder) cannot share blocks between files (XFS and Btrfs "
                + "can, as can volumes.backend: lvm)"
        } catch {
            return "\(error)"
        }
    }

    package func grow(_ name: String, limit: Int64) async throws(VolumeError) {
        try await VolumeError.of("grow", name) {
            let image = image(name)
            try await awaitOthers(at: image)
            guard let status = try hostEntry(image) else {
                throw VolumeError("grow", name, "no such volume")
            }
            let size = try sizeBeforeGrowth(name) ?? Int64(status.st_size)
            guard try requireGrowth(of: name, from: size, to: limit) else { return }
            // The size of the image says nothing of the file system's until this is gone.
            let folder = try Directory(path: images)
            try folder.replaceDurably("\(name).img.growing", Array("\(size)".utf8))
            // Never cut: an earlier growth may have gone as far as the file system.
            try resizeFile(image, size: max(limit, Int64(status.st_size)))
            if let device = try loopDevice(of: image) {
                try await ToolCall("losetup", ["--set-capacity", device]).holding(image).run()
                do throws(ToolError) {
                    try await Ext4.resize(device).holding(image).run()
                } catch {
                    throw VolumeError("grow", name, explainGrow(error))
                }
            } else {
                try await Ext4.check(image).holding(image).run()
                try await Ext4.resize(image).holding(image).run()
                try syncFile(image)
            }
            try folder.removeFile("\(name).img.growing")
            try folder.sync()
        }
    }
}
