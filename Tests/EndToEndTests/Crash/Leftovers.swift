import FoundationEssentials
import Glibc
import Host
import Testing

/// All that a host has of one installation, beside what its definitions ask for.
struct Leftovers {
    /// What is there and was not asked for, or the other way round; empty if the world is as it
    /// should be.
    private(set) var complaints: [String] = []

    /// - Parameter instances: by app, how many are wanted.
    init(_ world: Fixture, instances: [String: Int]) async throws {
        let wanted = Set(instances.flatMap { app, count in (0..<count).map { "\(app).\($0)" } })
        let format =
            #"{{.State}} {{.Label "modplan.intent"}} "# + #"{{.Label "modplan.app"}}."#
            + #"{{.Label "modplan.instance"}} r{{.Label "modplan.release"}}"#
        let filter = "label=modplan.installation=\(world.name)"
        let listed = try await world.docker(
            ["ps", "--all", "--no-trunc", "--filter", filter, "--format", format])
        var runs: Set<String> = []
        var seen: [String] = []
        for line in listed.split(separator: "\n") {
            let words = line.split(separator: " ").map(String.init)
            guard words.count == 4, words[0] == "running", words[1] == "run" else {
                complaints.append("container: \(line)")
                continue
            }
            seen.append(words[2])
            runs.insert("\(world.name).run.\(words[2]).\(words[3])")
        }
        compare("containers", Set(seen), wanted)
        if seen.count != Set(seen).count { complaints.append("containers twice: \(seen)") }

        let images = try Directory(path: "\(world.volumes)/images").names()
        let artifacts = images.filter { $0.hasPrefix("\(world.name).artifact.") }
        compare(
            "volumes", Set(images).subtracting(artifacts.filter { $0.hasSuffix(".img") }),
            Set(runs.map { "\($0).img" }))
        let points = "\(world.volumes)/mounts"
        let mounted = try mountPoints().filter { $0.hasPrefix("\(world.folder)/") }
        compare("mounts", mounted, Set(runs.map { "\(points)/\($0)" }))
        compare("mount points", Set(try Directory(path: points).names()), runs)
        compare(
            "loop devices", Set(try loopFiles().filter { $0.hasPrefix("\(world.folder)/") }),
            Set(runs.map { "\(world.volumes)/images/\($0).img" }))
        try compareState(world, instances)
    }

    /// Files beside those that the state is made of.
    private mutating func compareState(_ world: Fixture, _ instances: [String: Int]) throws {
        for place in ["\(world.folder)/state", "\(world.volumes)/records"] {
            let names = try Directory(path: "\(place)/apps").names()
            // What was being written when it died is written over by the app's next change.
            let whole = names.filter { !($0.hasPrefix(".") && $0.hasSuffix(".json.new")) }
            compare("\(place)/apps", Set(whole), Set(instances.keys.map { "\($0).json" }))
        }
        let unsettled = "\(world.folder)/state/unsettled"
        if try hostEntry(unsettled) != nil {
            compare("unsettled", Set(try Directory(path: unsettled).names()), [])
        }
    }

    private mutating func compare(_ what: String, _ found: Set<String>, _ wanted: Set<String>) {
        let extra = found.subtracting(wanted).sorted()
        let missing = wanted.subtracting(found).sorted()
        if !extra.isEmpty { complaints.append("\(what), not asked for: \(extra)") }
        if !missing.isEmpty { complaints.append("\(what), missing: \(missing)") }
    }

    private func loopFiles() throws -> [String] {
        try Directory(path: "/sys/block").names().filter { $0.hasPrefix("loop") }.compactMap {
            let path = "/sys/block/\($0)/loop/backing_file"
            guard let bytes = try? readHostFile(path, limit: 4096) else { return nil }
            return String(decoding: bytes, as: UTF8.self).trimmingSuffix("\n")
        }
    }
}

extension Fixture {
    /// By app, every process on the host from its containers' first ones down that is there for more
    /// than a moment.
    func processes() async throws -> [String: Set<String>] {
        let first = try await processesNow()
        try await Task.sleep(for: .milliseconds(100))
        let second = try await processesNow()
        return second.merging(first) { $0.intersection($1) }
    }

    private func processesNow() async throws -> [String: Set<String>] {
        let ids = try await docker(
            ["ps", "--quiet", "--filter", "label=modplan.installation=\(name)"])
        let words = ids.split(separator: "\n").map(String.init)
        guard !words.isEmpty else { return [:] }
        let listed = try await docker(
            ["inspect", "--format", #"{{index .Config.Labels "modplan.app"}} {{.State.Pid}}"#]
                + words)
        var found: [String: Set<String>] = [:]
        for line in listed.split(separator: "\n") {
            let parts = line.split(separator: " ")
            guard parts.count == 2, let first = Int32(parts[1]) else { continue }
            found[String(parts[0]), default: []].formUnion(
                descendants(of: first).map { process in
                    let name = try? String(contentsOfFile: "/proc/\(process)/comm", encoding: .utf8)
                    return "\(process) \((name ?? "?").trimmingSuffix("\n"))"
                })
        }
        return found
    }

    private func descendants(of process: Int32) -> [Int32] {
        let path = "/proc/\(process)/task/\(process)/children"
        let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
        let children = text.split(separator: " ").compactMap { Int32($0) }
        return [process] + children.flatMap(descendants)
    }

    /// How many intents the journals hold.
    func intents() throws -> Int {
        let folder = "\(self.folder)/state/journal"
        guard try hostEntry(folder) != nil else { return 0 }
        return try Directory(path: folder).names().reduce(0) { count, name in
            let bytes = try readHostFile("\(folder)/\(name)", limit: 8 << 20)
            return count
                + String(decoding: bytes, as: UTF8.self).split(separator: "\n").count {
                    $0.contains(#""event":"intent""#)
                }
        }
    }

    /// Applies until the plan is empty, at most twice.
    ///
    /// - Returns: how many passes it took.
    func converge(_ context: String) async throws -> Int {
        for pass in 1...2 {
            let applied = try await modplan("apply", "--yes")
            let left = try await plan()
            if applied.status == 0 && left.status == 0 { return pass }
            print("\(context), pass \(pass): \(applied.errors)\n\(left.output)")
            try #require(pass < 2, "\(context): not converged: \(applied)\n\(left)")
        }
        return 2
    }
}
