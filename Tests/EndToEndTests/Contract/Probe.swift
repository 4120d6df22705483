import FoundationEssentials
import Host
import Testing

/// What the probe app tells of the container around it.
struct Facts: Decodable {
    struct Process: Decodable {
        var pid: Int
        var parent: Int
        var name: String
        var state: String
        var users: [Int]
        var groups: [Int]
        /// Inheritable, permitted, effective, bounding and ambient.
        var capabilities: [String]
        var noNewPrivileges: String
        var seccomp: String
        /// Null for a zombie.
        var residentKiB: Int?
        var oomScore: Int
    }

    struct Mount: Decodable {
        var point: String
        var options: Set<String>
        /// `shared:N` and `master:N`; none for a private mount.
        var optional: [String]
        var type: String
        var superOptions: Set<String>
    }

    struct Entry: Decodable, Equatable {
        var type: String
        var mode: Int
        var user: Int
        var group: Int
    }

    var environment: [String: String]
    var processes: [Process]
    var mounts: [Mount]
    /// Name to soft and hard limit.
    var limits: [String: [String]]
    var devices: [String]
    var listeningPorts: [Int]
    var interfaces: Set<String>
    var namespaces: [String: String]
    /// What lies directly on the volume; `.` is its root.
    var volume: [String: Entry]
    /// In bytes, as the control group has it.
    var memory: String
    /// Version 1 limits both together, version 2 swap by itself.
    var memoryAndSwap: String?
    var swap: String?
    var processLimit: String
    var `init`: String

    func processes(named name: String) -> [Process] { processes.filter { $0.name == name } }

    /// No process has another user than the app's, nor a way to become one.
    func expectOnlyMop(_ place: SourceLocation = #_sourceLocation) {
        for process in processes {
            #expect(process.users == [441, 441, 441, 441], "\(process)", sourceLocation: place)
            #expect(process.groups == [444, 444, 444, 444], "\(process)", sourceLocation: place)
            let none = String(repeating: "0", count: 16)
            #expect(
                process.capabilities.allSatisfy { $0 == none }, "\(process)", sourceLocation: place)
            #expect(process.noNewPrivileges == "1", "\(process)", sourceLocation: place)
            #expect(process.seccomp == "2", "a filter: \(process)", sourceLocation: place)
        }
    }

    /// What DESIGN's settings come to inside, for builds and apps alike.
    func expectSettings(
        memoryBytes: Int, processes: Int, _ place: SourceLocation = #_sourceLocation
    ) {
        #expect(memory == "\(memoryBytes)", sourceLocation: place)
        #expect(memoryAndSwap ?? swap == (swap == nil ? memory : "0"), sourceLocation: place)
        #expect(processLimit == "\(processes)", sourceLocation: place)
        #expect(limits["Max open files"] == ["4096", "4096"], sourceLocation: place)
        #expect(limits["Max core file size"] == ["0", "0"], sourceLocation: place)
        #expect(self.`init` == "tini", sourceLocation: place)
        #expect(devices.allSatisfy { Self.harmless.contains($0) }, "\(devices)")
        expectMounts(place)
    }

    private func expectMounts(_ place: SourceLocation) {
        let found = Dictionary(mounts.map { ($0.point, $0) }) { _, last in last }
        func expect(
            _ point: String, _ type: String, _ options: Set<String>, super: Set<String> = []
        ) {
            let mount = found[point]
            #expect(mount?.type == type, "\(point)", sourceLocation: place)
            #expect(mount?.options.isSuperset(of: options) == true, "\(mount as Any)")
            #expect(mount?.superOptions.isSuperset(of: `super`) == true, "\(mount as Any)")
        }
        expect("/", "overlay", ["ro"])
        expect(
            "/run", "tmpfs", ["rw", "nosuid", "nodev", "noexec"],
            super: ["size=8192k", "mode=700", "uid=441", "gid=444"])
        expect("/tmp", "tmpfs", ["rw", "nosuid", "nodev", "noexec"], super: ["size=16384k"])
        expect("/mnt", "ext4", ["rw", "nosuid", "nodev", "noatime"])
        #expect(found["/mnt"]?.optional == [], "private", sourceLocation: place)
        // Nothing of the host but the volume and the engine's three files, and no socket.
        let fromHost = Set(mounts.filter { $0.type == "ext4" }.map(\.point))
        let engines: Set = ["/etc/resolv.conf", "/etc/hostname", "/etc/hosts"]
        #expect(fromHost.subtracting(engines) == ["/mnt"], sourceLocation: place)
    }

    private static let harmless = Set(
        ["full", "null", "random", "tty", "urandom", "zero", "pts/ptmx"].map { "c /dev/\($0)" })
}

extension Fixture {
    /// Not the default, so that an app that listens on it was told to.
    static let probePort = 8123

    /// Puts the probe's source into the definitions' repository, and a definition that runs it.
    func defineProbe(_ app: String, build: String, run: String) async throws {
        try makeFolders("\(clone)/sources")
        try await Tool.run(
            "cp", ["-R", "\(Self.checkout)/Tests/EndToEndTests/probe", "\(clone)/sources/"])
        try write(
            """
            app: \(app)
            language: node
            source: {path: sources/probe}
            build: {\(build)}
            run: {port: \(Self.probePort), ready: {tcp: true}, \(run)}

            """, to: "apps/\(app).yaml")
    }

    /// Asks the probe, and decodes its answer.
    func ask<Value: Decodable>(
        _ app: String, _ path: String, instance: Int = 0, as type: Value.Type = Value.self
    ) async throws -> Value {
        let address = try await address(app, instance: instance, port: Self.probePort)
        let text = try await Tool.run(
            "curl", ["--silent", "--show-error", "--max-time", "60", "http://\(address)\(path)"])
        do {
            return try JSONDecoder().decode(type, from: Data(text.utf8))
        } catch {
            throw Failure("\(path): \(text.prefix(500)): \(error)")
        }
    }

    /// Where a run volume of the first release is mounted.
    func mountPoint(_ app: String, instance: Int = 0) -> String {
        "\(volumes)/mounts/\(name).run.\(app).\(instance).r1"
    }
}

extension Fixture {
    /// A process of an app's container, as the host numbers it: the first of that name, or the one
    /// with those words in its command line.
    func hostProcess(_ app: String, _ words: String) async throws -> Int32 {
        let id = try await container(app)
        let table = try await Tool.run("docker", ["top", id, "-eo", "pid,args"])
        let row = table.split(separator: "\n").dropFirst().first { $0.contains(words) }
        let number = row?.split(separator: " ").first.flatMap { Int32($0) }
        return try #require(number, "\(words) in \(table)")
    }

    /// Runs a script in an app's container as its user, and expects it to work.
    @discardableResult
    func script(_ app: String, _ text: String) async throws -> String {
        let outcome = try await exec(app, "sh", "-euc", text)
        try #require(outcome.status == 0, "\(text): \(outcome)")
        return outcome.output
    }
}
