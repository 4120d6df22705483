import FoundationEssentials
import Glibc
import Host
import Testing

/// An app on LVM from its first deploy to its end, with a real engine: in the guest kernel of
/// `Tests/Guest`, which has the device-mapper that this machine's may lack.
@Suite struct LVMAppTests {
    /// With a machine that does much else: 4 min there and then.
    private static let deadlineSeconds = 900

    @Test func anAppLivesOnLVM() async throws {
        let images = ["build-static", "run-static"].map { "\(Fixture.images)/\($0)" }
        var template = Array("/var/tmp/modplan-guest-XXXXXX".utf8CString)
        let folder = String(cString: try #require(mkdtemp(&template)))
        defer { try? Directory(path: "/var/tmp").removeTree(String(folder.dropFirst(9))) }
        let archive = "\(folder)/images.tar"
        try await Tool.run(
            "docker", ["save", "--output", archive] + images, deadlineSeconds: 120)
        let output = try await Tool.run(
            "\(Fixture.checkout)/Tests/Guest/guest",
            [
                "--disk", "3G", "--disk", "2G", "--memory", "1536M", "--timeout",
                "\(Self.deadlineSeconds - 30)",
                "--environment", "MODPLAN=\(Fixture.checkout)/.build/debug/modplan",
                "--environment", "IMAGES=\(archive)", "--environment", "PREFIX=\(Fixture.images)",
                "--", "\(Fixture.checkout)/Tests/EndToEndTests/Guest/lvm-app",
            ], deadlineSeconds: Self.deadlineSeconds, limit: 1 << 20, accepted: [0, 1, 125])
        let held = output.split(separator: "\n").filter { $0.hasPrefix("ok: ") }
        for line in held { print("measured: LVM in the guest: \(line.dropFirst(4))") }
        #expect(held.last?.hasPrefix("ok: destroyed, nothing is left") == true, "\(output)")
    }
}
