import Glibc
import Host

/// A volume's mount point, and what both backends do with it.
struct MountPoint {
    let volume: String
    let path: String

    var isMounted: Bool { get throws(SystemError) { try mountPoints().contains(path) } }

    /// - Parameters:
    ///   - call: mounts it there, holding what is mounted.
    ///   - device: what is mounted.
    ///   - isInUse: whether the kernel has it already.
    func mount(_ call: ToolCall, of device: String, isInUse: () throws -> Bool) async throws {
        if try isMounted { return }
        // Below a container that kept its own mount the file system lives on: never checked then.
        if try !isInUse(), try asksForCheck(device) { try await mend(device) }
        try makeFolders(path)
        do {
            try await call.run()
        } catch {
            // A program that a dead modplan had started was first.
            guard try isMounted else { throw error }
        }
    }

    /// After a host that went down, or a storage that failed.
    private func mend(_ device: String) async throws {
        do throws(ToolError) {
            try await Ext4.mend(device).holding(device).run()
        } catch {
            guard case .status(let status) = error.failure else { throw error }
            throw VolumeError(
                "mount", volume,
                "its file system is damaged, and 'e2fsck -p' does not mend it (exit status "
                    + "\(status)): \(error.output); mend it by hand with 'e2fsck -f \(device)', or "
                    + "destroy the app and apply again")
        }
    }

    /// Tells the storage below what is free.
    func trim() async throws {
        guard try isMounted else { return }
        var call = ToolCall("fstrim", ["--quiet-unsupported", path])
        call.deadlineSeconds = 600
        try await call.run()
    }

    /// - Parameters:
    ///   - device: what is mounted there; it is held meanwhile.
    ///   - isInUse: whether the kernel still has it.
    func unmount(device: String, isInUse: () throws -> Bool) async throws {
        try await awaitOthers(at: device)
        try await unmount(holding: device)
        try await awaitRelease(isInUse: isInUse)
    }

    /// A child that was just forked has copies of what its parent had open below the mount until it
    /// runs its program, and makes it busy for so long.
    private func unmount(holding device: String) async throws {
        let there = try hostEntry(device) != nil
        for attempt in 1...100 {
            guard try isMounted else { return }
            let call = ToolCall("umount", [path])
            do throws(ToolError) {
                try await (there ? call.holding(device) : call).run()
            } catch {
                // Somebody else may have been faster.
                if (try? isMounted) == false { return }
                guard error.output.contains("target is busy"), attempt < 100 else { throw error }
                try await Task.sleep(for: .milliseconds(20))
            }
        }
    }

    /// Waits until the kernel has let go of it. A container that starts copies every mount of the
    /// host for a moment, so that the file system can outlive its `umount` here: changing what it
    /// lies on then would damage it.
    func awaitRelease(isInUse: () throws -> Bool) async throws {
        for _ in 0..<1000 {
            if try !isInUse() { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw VolumeError(
            "unmount", volume,
            "it is still in use 10 s after the umount; a process or container holds it open")
    }

    func requireUnmounted(_ operation: String) throws {
        guard try !isMounted else { throw VolumeError(operation, volume, "it is mounted") }
    }

    func remove() throws { try removeHostEntry(path, folder: true) }
}
