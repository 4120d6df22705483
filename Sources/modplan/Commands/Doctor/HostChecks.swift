import Glibc
import Host

/// What modplan needs of a host, whatever the installation.
struct HostChecks {
    func run() -> [Check] {
        var checks = [root(), kernel()]
        checks += Self.tools.map(tool)
        checks += [loopDevices(), fileSystem(), controlGroups(at: "/sys/fs/cgroup")]
        return checks
    }

    private func root() -> Check {
        isRoot()
            ? .ok("root", "runs as root")
            : .problem(
                "root", "runs as uid \(geteuid()); volumes can be mounted by root alone",
                mend: "sudo modplan doctor")
    }

    /// Files that an app owns are opened with a system call of Linux 5.6.
    private func kernel() -> Check {
        do throws(SystemError) {
            let root = try Directory(path: "/")
            close(try root.openBeneath(".", flags: O_RDONLY | O_DIRECTORY))
            return .ok("kernel", "Linux \(kernelRelease())")
        } catch {
            return .problem(
                "kernel", "Linux \(kernelRelease()) has no openat2: \(error)",
                mend: "boot Linux 5.6 or newer")
        }
    }

    // MARK: Tools

    /// A program of the host and the Debian package that has it.
    struct NeededTool {
        var name: String
        var package: String
        /// False for one that no plan needs.
        var isNeeded = true
    }

    static let tools =
        ["mkfs.ext4", "e2fsck", "resize2fs", "dumpe2fs", "debugfs"].map {
            NeededTool(name: $0, package: "e2fsprogs")
        }
        + ["mount", "umount", "losetup"].map { NeededTool(name: $0, package: "mount") }
        + [
            NeededTool(name: "cp", package: "coreutils"),
            NeededTool(name: "git", package: "git", isNeeded: false),
        ]

    /// Of an installation whose volumes are LVM's.
    static let toolsOfLVM = [
        NeededTool(name: "lvs", package: "lvm2"),
        NeededTool(name: "thin_check", package: "thin-provisioning-tools"),
        NeededTool(name: "blkdiscard", package: "util-linux"),
    ]

    func tool(_ tool: NeededTool) -> Check {
        if let path = findTool(tool.name) { return .ok(tool.name, path) }
        let mend = "apt-get install -y \(tool.package)"
        return tool.isNeeded
            ? .problem(tool.name, "not found", mend: mend)
            : .note(tool.name, "not found; 'modplan init' and your commits need it", mend: mend)
    }

    // MARK: Kernel

    private func loopDevices() -> Check {
        switch openFailure(device: "/dev/loop-control") {
        case nil: .ok("loop devices", "/dev/loop-control opens")
        case ENOENT?:
            .problem("loop devices", "/dev/loop-control is not there", mend: "modprobe loop")
        case let code?:
            .problem(
                "loop devices", "/dev/loop-control: \(String(cString: strerror(code)))",
                mend: isRoot()
                    ? "run modplan on the host itself, or in a container with --privileged"
                    : "sudo modplan doctor")
        }
    }

    private func fileSystem() -> Check {
        let bytes = (try? readHostFile("/proc/filesystems", limit: 64 << 10)) ?? []
        let known = String(decoding: bytes, as: UTF8.self).split(separator: "\n").compactMap {
            $0.split(separator: "\t").last
        }
        return known.contains("ext4")
            ? .ok("ext4", "the kernel has it")
            : .problem("ext4", "the kernel does not have it yet", mend: "modprobe ext4")
    }

    /// Either version does; without these controllers no limit holds.
    func controlGroups(at path: String) -> Check {
        let name = "control groups"
        let needed = ["cpu", "memory", "pids"]
        let unified = try? readHostFile("\(path)/cgroup.controllers", limit: 4096)
        let version = unified == nil ? 1 : 2
        let found: [String]
        if let unified {
            let words = String(decoding: unified, as: UTF8.self).split(
                whereSeparator: \.isWhitespace)
            found = needed.filter { words.contains($0[...]) }
        } else {
            found = needed.filter { (try? hostEntry("\(path)/\($0)")) != nil }
        }
        let missing = needed.filter { !found.contains($0) }
        guard !missing.isEmpty else {
            return .ok(name, "version \(version), with \(found.joined(separator: ", "))")
        }
        return .problem(
            name, "version \(version), without \(missing.joined(separator: ", "))",
            mend: missing.contains("memory")
                ? "boot with cgroup_enable=memory" : "mount the control groups")
    }
}
