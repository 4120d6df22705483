import Glibc

/// The loop device that is made of this file, `/dev/loop3`; the kernel names its file in `/sys`.
package func loopDevice(of path: String) throws(SystemError) -> String? {
    for device in try Directory(path: "/sys/block").names() where device.hasPrefix("loop") {
        // Devices without a file have no such entry.
        guard let bytes = try? readHostFile("/sys/block/\(device)/loop/backing_file", limit: 4096)
        else { continue }
        if String(decoding: bytes, as: UTF8.self).split(separator: "\n").first == path[...] {
            return "/dev/\(device)"
        }
    }
    return nil
}

/// True if a file system is mounted from the device, in whatever namespace, or another program has
/// it for itself alone: the kernel grants that to one at a time.
package func isClaimed(device: String) throws(SystemError) -> Bool {
    let file = open(device, O_RDONLY | O_EXCL | O_CLOEXEC | O_NONBLOCK)
    if file >= 0 {
        close(file)
        return false
    }
    if errno == EBUSY { return true }
    if errno == ENOENT { return false }
    throw SystemError("open", device)
}
