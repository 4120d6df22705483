import Host
import Testing

/// Where an app writes, and what a full volume means.
extension RunContractTests {
    /// Tries to write one file into every folder of the image, as the app's user.
    func expectReadOnly(_ world: Fixture, _ app: String) async throws {
        let script = """
            for d in $(find / -xdev -type d 2>/dev/null) /mnt /mnt/* /run /tmp /dev/shm; do
                (: > "$d/.probe") 2>/dev/null && echo "$d" && rm -f "$d/.probe"
            done; true
            """
        let found = try await world.exec(app, "sh", "-c", script)
        let writable = Set(found.output.split(separator: "\n").map(String.init))
        let folders = ["app", "home", "log", "notifications", "tmp"].map { "/mnt/\($0)" }
        #expect(writable == Set(folders + ["/run", "/tmp", "/dev/shm"]), "\(found)")
        // A mount point in the image decides, not the mount's own mode.
        #expect(
            try await world.script(app, "stat -c '%a %u:%g' /run /tmp")
                == "700 441:444\n1777 0:0\n")
    }

    /// Every process is mop's, whatever the language, and so is what exec starts.
    func expectOnlyMop(_ world: Fixture, _ app: String) async throws {
        let table = try await Tool.run(
            "docker", ["top", world.container(app), "-eo", "uid,gid,pid,comm"])
        let users = table.split(separator: "\n").dropFirst().map {
            $0.split(separator: " ").prefix(2)
        }
        #expect(users.count >= 4 && users.allSatisfy { $0 == ["441", "444"] }, "\(table)")
        #expect(try await world.script(app, "id -u; id -g") == "441\n444\n")
    }

    /// A full volume is that app's trouble alone, and over when there is room again.
    func expectFullVolume(_ world: Fixture, of app: String, beside other: String) async throws {
        let full = try await world.exec(app, "sh", "-c", "cat /dev/zero > /mnt/tmp/fill")
        #expect(full.errors.contains("No space left on device"), "\(full)")
        try await world.script(other, "echo ok > /mnt/tmp/a")
        try await world.script(app, "rm /mnt/tmp/fill; echo ok > /mnt/tmp/a")
    }
}
