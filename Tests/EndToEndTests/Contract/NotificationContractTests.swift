import Glibc
import Host
import Testing

/// The app's own user can write notifications: what the host makes of hostile ones.
@Suite struct NotificationContractTests {
    @Test func aFileIsAHintAboutThatAppAndNeverMore() async throws {
        try await Fixture.with { world in
            try world.define("web", "ready: {path: /}")
            try await world.commit("web")
            try await world.apply()
            let box = Inbox(path: "\(world.mountPoint("web"))/notifications")

            // Says that another app ran out of memory; the kernel has counted no kill in this one.
            let forged = "1000000000000000001-000001-parent7.json"
            try box.write(forged, Self.notification("out-of-memory", instance: "other/0"))
            let strangers = try await box.fillWithStrangers(Self.notification("crash"))
            let leased = try box.lease(strangers[0])
            defer { close(leased) }

            let start = ContinuousClock.now
            let planned = try await world.plan()
            #expect(ContinuousClock.now - start < .seconds(10), "nothing holds the host up")
            #expect(planned.output.contains("! web/0  drift  crash at"), "\(planned)")
            #expect(!planned.output.contains("memory") && !planned.output.contains("other"))
            let applied = try await world.modplan("apply", "--yes")
            #expect(applied.status == 0)
            #expect(applied.errors.contains("\(strangers.count) entries that are none of navi's"))
            #expect(!(planned.output + applied.output + applied.errors).contains("\u{1B}"))
            try await expectCounted(world, 1)
            #expect(try box.names("/.bad") == strangers.sorted(), "set aside, not followed")
            #expect(try box.names().allSatisfy { $0.hasPrefix(".slot-") || $0 == ".bad" })

            // Removed too late, as if modplan had died: known, and not counted again.
            try box.write(forged, Self.notification("crash"))
            #expect(try await world.plan().output.contains("0 drift"))
            try await world.apply()
            try await expectCounted(world, 1)
            #expect(try !box.names().contains(forged))

            // More than one scan takes.
            for number in 0..<300 {
                let name = "1000000000000001\(100 + number)-000001-parent7.json"
                try box.write(name, Self.notification("crash"))
            }
            try await world.apply()
            try await expectCounted(world, 257)
            try await world.apply()
            try await expectCounted(world, 301)
        }
    }

    private func expectCounted(_ world: Fixture, _ count: Int) async throws {
        let status = try await world.modplan("status").output
        #expect(status.contains("web: counted so far: crash ×\(count)\n"), "\(status)")
    }

    static func notification(
        _ type: String, process: String = "app", instance: String = "web/0"
    ) -> String {
        #"{"version":1,"type":"\#(type)","process":"\#(process)","instance":"\#(instance)","#
            + #""pid":7,"signal":9,"from":"RUNNING","at":"2026-01-01T00:00:00.000Z","serial":1}"#
    }
}

/// The notifications folder of an app, as the app could fill it.
private struct Inbox {
    let path: String

    func names(_ below: String = "") throws -> [String] {
        try Directory(path: path + below).names()
    }

    /// A file of the app's user.
    func write(_ name: String, _ text: String, user: uid_t = 441) throws {
        try Directory(path: path).create(
            name, text.utf8, mode: 0o600, owner: Owner(user: user, group: 444))
    }

    /// Everything that navi never makes.
    func fillWithStrangers(_ text: String) async throws -> [String] {
        let names = (0..<9).map { "200000000000000000\($0)-000001-parent7.json" }
        try write(names[0], text)
        #expect(symlink("/etc/passwd", "\(path)/\(names[1])") == 0)
        #expect(mkfifo("\(path)/\(names[2])", 0o600) == 0)
        #expect(mkdir("\(path)/\(names[3])", 0o755) == 0)
        try write(names[4], text, user: 0)
        try write(names[5], text + String(repeating: " ", count: 16 << 10))
        try write(names[6], "{\"version\":1")
        try write(names[7], NotificationContractTests.notification("crash", process: "\\u001b[2J"))
        try write(names[8], NotificationContractTests.notification("reboot"))
        let others = ["readme\u{1B}[2J\n.txt", ".hidden"]
        for name in others { try write(name, text) }
        // One file with two names is two strangers.
        #expect(link("\(path)/.hidden", "\(path)/2100000000000000000-000001-parent7.json") == 0)
        return names + others + ["2100000000000000000-000001-parent7.json"]
    }

    /// Holds a file so that opening it waits for this process, unless one asks not to wait.
    func lease(_ name: String) throws -> Int32 {
        // What the kernel sends when somebody wants the file.
        signal(SIGIO, SIG_IGN)
        let file = open("\(path)/\(name)", O_RDWR | O_CLOEXEC)
        let setLease: Int32 = 1024
        try #require(file >= 0 && fcntl(file, setLease, Int32(F_WRLCK)) == 0, "\(errno)")
        return file
    }
}
