/// True if a loop device is made of this file, which the kernel names in `/sys`.
package func isOnLoopDevice(_ path: String) throws(SystemError) -> Bool {
    for device in try Directory(path: "/sys/block").names() where device.hasPrefix("loop") {
        // Devices without a file have no such entry.
        guard let bytes = try? readHostFile("/sys/block/\(device)/loop/backing_file", limit: 4096)
        else { continue }
        if String(decoding: bytes, as: UTF8.self).split(separator: "\n").first == path[...] {
            return true
        }
    }
    return false
}
