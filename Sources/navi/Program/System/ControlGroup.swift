import CNavi

/// The container's own control group: its limits and what the kernel counted in it.
///
/// Version 1 keeps a folder a controller (`memory/memory.limit_in_bytes`), version 2 one for all
/// (`memory.max`). There `memory.events` counts the groups below as well, which is meant: whoever was
/// killed in the container counts. `memory.peak` came with Linux 5.19.
///
/// A figure that can't be read is nil: unknown is never zero.
struct ControlGroup: ~Copyable {
    private let root: String
    private let unified: Bool
    /// Held open: the app's parent reads it ten times a second.
    private let memoryEvents: Descriptor?

    init(root: String) {
        self.root = root
        if let events = try? Descriptor("\(root)/memory.events", flags: O_RDONLY) {
            memoryEvents = consume events
            unified = true
        } else {
            memoryEvents = try? Descriptor("\(root)/memory/memory.oom_control", flags: O_RDONLY)
            unified = false
        }
    }

    /// How many processes the kernel has killed for memory since the container started. The kernel
    /// raises it before it sends SIGKILL, so it is final once the victim was waited for.
    func memoryKills() -> Int64? {
        guard memoryEvents != nil, let text = try? memoryEvents?.contents(atMost: 512) else {
            return nil
        }
        return Self.count("oom_kill", in: text)
    }

    /// In bytes; nil without a limit.
    func memoryLimit() -> Int64? {
        // Version 1 writes "no limit" as the largest multiple of a page.
        let limit = figure(unified ? "memory.max" : "memory/memory.limit_in_bytes")
        return limit.flatMap { $0 < 1 << 60 ? $0 : nil }
    }

    /// The most memory ever in use, in bytes.
    func memoryPeak() -> Int64? {
        figure(unified ? "memory.peak" : "memory/memory.max_usage_in_bytes")
    }

    func processLimit() -> Int64? { figure(unified ? "pids.max" : "pids/pids.max") }

    /// How often a fork was refused because of the process limit.
    func processesDenied() -> Int64? {
        contents(unified ? "pids.events" : "pids/pids.events").flatMap { Self.count("max", in: $0) }
    }

    private func contents(_ name: String) -> [UInt8]? {
        guard let file = try? Descriptor("\(root)/\(name)", flags: O_RDONLY) else { return nil }
        return try? file.contents(atMost: 512)
    }

    /// A file's one number; nil for `max`.
    private func figure(_ name: String) -> Int64? {
        contents(name)?.prefix { $0 != UInt8(ascii: "\n") }.decimal
    }

    /// The number on the line that starts with a key.
    private static func count(_ key: String, in text: [UInt8]) -> Int64? {
        for line in text.split(separator: UInt8(ascii: "\n")) {
            let words = line.split(separator: UInt8(ascii: " "))
            if words.count == 2, words[0].elementsEqual(key.utf8) { return words[1].decimal }
        }
        return nil
    }
}
