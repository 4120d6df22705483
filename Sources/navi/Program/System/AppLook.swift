import CNavi

extension AppLook {
    /// Looks at the processes of the app's group. Some hundred at most: their number is limited.
    init(group app: Int32) {
        guard let processes = opendir("/proc") else { return }
        defer { closedir(processes) }
        var others: [(pid: Int32, state: ProcessState)] = []
        while case let pid = navi_next_process(processes), pid > 0 {
            guard let state = ProcessState(pid), state.group == app else { continue }
            if pid == app {
                appDying = state.isDying
            } else {
                others.append((pid, state))
            }
        }
        // Whoever waits for a dying process will pass its status on, up to the app.
        var waiting: [Int32] = []
        for other in others where other.state.isDying {
            othersDying = true
            var parent = other.state.parent
            while let next = others.first(where: { $0.pid == parent }), !waiting.contains(parent) {
                waiting.append(parent)
                parent = next.state.parent
            }
        }
        bystanders = others.filter { !$0.state.isDying && !waiting.contains($0.pid) }
            .map { $0.pid }
    }
}

/// What `/proc/PID/status` says of a process.
struct ProcessState {
    let parent: Int32
    let group: Int32
    /// It has got SIGKILL, or has ended. The bit stays set until the process is gone.
    let isDying: Bool

    /// Nil for a process that is gone.
    init?(_ pid: Int32) {
        guard let file = try? Descriptor("/proc/\(pid)/status", flags: O_RDONLY),
            let text = try? file.contents(atMost: 4096)
        else { return nil }
        var parent: Int64 = 0
        var group: Int64 = 0
        var isDying = false
        for line in text.split(separator: UInt8(ascii: "\n")) {
            let words = line.split(maxSplits: 2) { $0 == UInt8(ascii: "\t") }
            guard words.count >= 2 else { continue }
            if words[0].elementsEqual("State:".utf8) {
                isDying = words[1].first == UInt8(ascii: "Z") || words[1].first == UInt8(ascii: "X")
            } else if words[0].elementsEqual("PPid:".utf8) {
                parent = words[1].decimal ?? 0
            } else if words[0].elementsEqual("NSpgid:".utf8) {
                group = words[1].decimal ?? 0
            } else if words[0].elementsEqual("SigPnd:".utf8)
                || words[0].elementsEqual("ShdPnd:".utf8)
            {
                isDying = isDying || Self.holdsKill(words[1])
            }
        }
        self.parent = Int32(truncatingIfNeeded: parent)
        self.group = Int32(truncatingIfNeeded: group)
        self.isDying = isDying
    }

    /// Whether a mask, in hexadecimal, holds SIGKILL: bit 8, so the last digit but two is odd.
    private static func holdsKill(_ mask: ArraySlice<UInt8>) -> Bool {
        guard let digit = mask.dropLast(2).last else { return false }
        let value = digit <= UInt8(ascii: "9") ? digit : digit + 9
        return value & 1 == 1
    }
}
