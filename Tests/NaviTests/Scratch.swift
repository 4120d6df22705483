import Foundation

/// A folder of one test: notifications, records, a control group made of files. Gone at the end.
final class Scratch: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "navi-test-" + UUID().uuidString
        for folder in ["notifications", "cgroup/memory", "cgroup/pids"] {
            try FileManager.default.createDirectory(
                atPath: "\(path)/\(folder)", withIntermediateDirectories: true)
        }
        try setKills(0)
        try write("268435456\n", to: "cgroup/memory/memory.limit_in_bytes")
        try write("200000000\n", to: "cgroup/memory/memory.max_usage_in_bytes")
        try write("256\n", to: "cgroup/pids/pids.max")
        try write("max 0\n", to: "cgroup/pids/pids.events")
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var flags: [String] {
        [
            "--notifications", "\(path)/notifications", "--records", "\(path)/records",
            "--cgroup", "\(path)/cgroup", "--volume", path,
        ]
    }

    func write(_ text: String, to file: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: "\(path)/\(file)"))
    }

    /// What version 1 counts of the container's kills for memory.
    func setKills(_ count: Int) throws {
        try write(Self.events(count), to: "cgroup/memory/memory.oom_control")
    }

    /// What it counts now; nil while a shell writes it anew.
    func kills() throws -> Int? {
        let file = "\(path)/cgroup/memory/memory.oom_control"
        let text = try String(contentsOfFile: file, encoding: .utf8)
        return text.split(whereSeparator: \.isWhitespace).last.flatMap { Int($0) }
    }

    static func events(_ count: Int) -> String {
        "oom_kill_disable 0\nunder_oom 0\noom_kill \(count)\n"
    }

    /// A shell's words that raise the counter to a value, as the kernel does before a kill.
    func raise(to count: Int) -> String {
        "printf '\(Self.events(count))' > \(path)/cgroup/memory/memory.oom_control"
    }

    func files(in folder: String = "notifications") throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "\(path)/\(folder)").sorted()
    }

    /// The notifications in the order of their names.
    func notifications(in folder: String = "notifications") throws -> [Notification] {
        try files(in: folder).filter { $0.hasSuffix(".json") }.map { name in
            let url = URL(fileURLWithPath: "\(path)/\(folder)/\(name)")
            return try JSONDecoder().decode(Notification.self, from: Data(contentsOf: url))
        }
    }

    /// What a role left for the other.
    func record(_ name: String) throws -> String {
        try String(contentsOfFile: "\(path)/records/\(name)", encoding: .utf8)
    }

    func exists(_ file: String) -> Bool {
        FileManager.default.fileExists(atPath: "\(path)/\(file)")
    }
}

/// A notification as its reader sees it.
struct Notification: Decodable {
    struct Evidence: Decodable {
        var oomKillsBefore: Int?
        var oomKillsAfter: Int?
        var limitBytes: Int?
        var peakBytes: Int?
    }

    var version: Int
    var type: String
    var reporter: String
    var process: String
    var instance: String
    var pid: Int?
    var exitStatus: Int?
    var signal: Int?
    var from: String
    var at: String
    var serial: Int
    var evidence: Evidence
    var header: String
    var payload: String
}
