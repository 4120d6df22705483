import Foundation
import Host
import Testing

/// The whole of these tests again where there is device-mapper: in the guest kernel of
/// `Tests/Guest`, which runs this very test binary.
@Suite(.disabled(if: Backend.isGuest, "this is the guest")) struct GuestTests {
    private static let checkout = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path

    /// Without udev, LVM makes its own device nodes.
    private static let script = """
        set -e
        modprobe loop
        export MODPLAN_LVM=1 DM_DISABLE_UDEV=1 LVM_SUPPRESS_FD_WARNINGS=1
        vgcreate -qq vg0 $GUEST_DISKS
        lvcreate -qq -T -L 2G --poolmetadatasize 8M --errorwhenfull y vg0/pool
        exec "$BUNDLE" --testing-library swift-testing --no-parallel --filter "$FILTER"
        """

    @Test func everythingHoldsOnLVM() async throws {
        let bundle = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let filter = ProcessInfo.processInfo.environment["MODPLAN_LVM_FILTER"] ?? "VolumeTests"
        let wanted = ["MODPLAN_VOLUMES", "MODPLAN_KILLS", "MODPLAN_SEED", "MODPLAN_BENCH"]
        let variables = wanted.filter {
            ProcessInfo.processInfo.environment[$0] != nil
        }
        let arguments =
            ["--disk", "4G", "--memory", "1G", "--timeout", "3000"]
            + ["--environment", "BUNDLE=\(bundle)", "--environment", "FILTER=\(filter)"]
            + variables.flatMap { ["--environment", $0] } + ["--", Self.script]
        // Minutes, which no thread of the others' is blocked for.
        let (status, output) = try await offload { try Self.run(arguments) }
        let lines = output.split(separator: "\n")
        for line in lines where line.hasPrefix("measured:") { print(line) }
        let failures = lines.filter { $0.hasPrefix("✘") }
        let tail = failures.isEmpty ? lines.suffix(20) : failures[...]
        #expect(status == 0, "\(tail.joined(separator: "\n"))")
        #expect(lines.contains { $0.hasPrefix("✔ Test run with ") })
        // A filter that matches nothing passes too.
        let cases = lines.count { $0.contains("backend → lvm") && $0.contains("Test case passing") }
        #expect(cases > 0)
        print("measured: \(cases) cases on LVM in the guest kernel")
    }

    private static func run(_ arguments: [String]) throws -> (status: Int32, output: String) {
        let guest = Process()
        guest.executableURL = URL(filePath: "\(checkout)/Tests/Guest/guest")
        guest.arguments = arguments
        guest.currentDirectoryURL = URL(filePath: checkout)
        let pipe = Pipe()
        guest.standardOutput = pipe
        guest.standardError = pipe
        try guest.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        guest.waitUntilExit()
        return (guest.terminationStatus, String(decoding: output, as: UTF8.self))
    }
}
