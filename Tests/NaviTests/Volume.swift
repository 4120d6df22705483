import Testing

/// A small ext4 file system in a file, mounted.
struct Volume {
    let path: String
    var fill: String { "\(path)/fill" }

    init(at path: String, in scratch: Scratch) throws {
        self.path = path
        let image = "\(scratch.path)/volume.img"
        try shell("truncate -s 8M \(image) && mkfs.ext4 -q -m 0 -J size=1 \(image)")
        try shell("mount -o loop,nodev,nosuid \(image) \(path)")
    }

    /// Writes until there is not a block left.
    func fillUp() throws {
        try shell("! dd if=/dev/zero bs=1024 >> \(fill) 2>/dev/null && sync -f \(path)")
    }

    func empty() throws { try shell("rm \(fill) && sync -f \(path)") }

    func unmount() { try? shell("umount \(path)") }
}
