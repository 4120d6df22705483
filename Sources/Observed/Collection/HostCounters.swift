import Host

/// How often the kernel killed for memory in a container, read on the host from the control group
/// of its first process: nothing in the container can forge it.
///
/// - Returns: nil if it cannot be read.
func hostOOMKills(ofProcess pid: Int32) -> Int64? {
    guard pid > 0, let bytes = try? readHostFile("/proc/\(pid)/cgroup", limit: 64 << 10) else {
        return nil
    }
    for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
        // `hierarchy:controllers:path`; the unified hierarchy is 0 and has no controllers.
        let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
        guard fields.count == 3 else { continue }
        let path = String(fields[2])
        if fields[1].split(separator: ",").contains("memory") {
            return counter(in: "/sys/fs/cgroup/memory\(path)/memory.oom_control")
        }
        if fields[0] == "0", fields[1].isEmpty,
            let count = counter(in: "/sys/fs/cgroup\(path)/memory.events")
        {
            return count
        }
    }
    return nil
}

private func counter(in file: String) -> Int64? {
    guard let bytes = try? readHostFile(file, limit: 4096) else { return nil }
    for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
        let words = line.split(separator: " ")
        if words.count == 2, words[0] == "oom_kill" { return Int64(words[1]) }
    }
    return nil
}
