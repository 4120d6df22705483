import Foundation
import Testing

/// The app owns the folder of notifications and may do anything to it.
extension NaviTests {
    struct FolderTests {
        let scratch: Scratch

        private var folder: String { "\(scratch.path)/notifications" }
        private static let slots = (0..<8).map { ".slot-\($0)" }

        init() throws { scratch = try Scratch() }

        private func crash() throws -> Running {
            let navi = try Running(script: "exit 9", in: scratch)
            #expect(navi.wait() == Running.End(exitStatus: 9))
            return navi
        }

        @Test func aNotificationIsPrivateAndTheSlotsAreFullAgain() throws {
            _ = try crash()
            let files = try scratch.files()
            #expect(files.filter { $0.hasPrefix(".") } == Self.slots)
            for file in files {
                var status = stat()
                #expect(stat("\(folder)/\(file)", &status) == 0)
                #expect(status.st_mode == S_IFREG | 0o600)
                guard file.hasPrefix(".") else { continue }
                #expect(status.st_size == 16384)
                #expect(status.st_blocks * 512 >= 16384)
            }
        }

        @Test func aMissingFolderIsSaidAndHoldsNothingUp() throws {
            try FileManager.default.removeItem(atPath: folder)
            #expect(try crash().remainingErrors().contains("crash notification not written: open"))
        }

        @Test func aFolderThatIsALinkIsNotFollowed() throws {
            try FileManager.default.moveItem(atPath: folder, toPath: "\(scratch.path)/elsewhere")
            try FileManager.default.createSymbolicLink(
                atPath: folder, withDestinationPath: "elsewhere")
            #expect(try crash().remainingErrors().contains("crash notification not written"))
            let seen = try FileManager.default.contentsOfDirectory(
                atPath: "\(scratch.path)/elsewhere")
            #expect(seen.isEmpty)
        }

        @Test func whatStandsInTheSlotsPlaceIsNeverWrittenTo() throws {
            try scratch.write("precious", to: "victim")
            let victim = "\(scratch.path)/victim"
            symlink(victim, "\(folder)/.slot-0")
            link(victim, "\(folder)/.slot-1")
            mkfifo("\(folder)/.slot-2", 0o600)
            mkdir("\(folder)/.slot-3", 0o700)
            symlink(victim, "\(folder)/.writing-parent")
            symlink(victim, "\(folder)/.filling-parent")
            _ = try crash()
            #expect(try String(contentsOfFile: victim, encoding: .utf8) == "precious")
            #expect(try scratch.notifications().map(\.exitStatus) == [9])
            #expect(try scratch.files().filter { $0.hasPrefix(".") } == Self.slots)
        }

        @Test func whatAKilledWriterLeftIsTakenUp() throws {
            _ = try crash()
            rename("\(folder)/.slot-5", "\(folder)/.writing-parent")
            _ = try crash()
            #expect(try scratch.notifications().count == 2)
            #expect(try scratch.files().filter { $0.hasPrefix(".") } == Self.slots)
        }
    }

    /// Against a real ext4 file system with no free block, as a volume has it.
    @Suite(.enabled(if: geteuid() == 0, "mounting a volume takes root"))
    struct FullVolumeTests {
        @Test func eightNotificationsFindRoomOnAFullVolume() throws {
            let scratch = try Scratch()
            let volume = try Volume(at: "\(scratch.path)/notifications", in: scratch)
            defer { volume.unmount() }
            let first = try Running(script: "exit 0", in: scratch)
            #expect(first.wait() == Running.End(exitStatus: 0))
            try volume.fill()

            for status: Int32 in 1...8 {
                let navi = try Running(script: "exit \(status)", in: scratch)
                #expect(navi.wait() == Running.End(exitStatus: status))
            }
            let ninth = try Running(script: "exit 9", in: scratch)
            #expect(ninth.wait() == Running.End(exitStatus: 9))
            #expect(
                try scratch.notifications().compactMap(\.exitStatus).prefix(8) == [
                    1, 2, 3, 4, 5, 6, 7, 8,
                ])
            #expect(try ninth.remainingErrors().contains("No space left on device"))
        }
    }
}

/// A small ext4 file system in a file, mounted.
struct Volume {
    let path: String

    init(at path: String, in scratch: Scratch) throws {
        self.path = path
        let image = "\(scratch.path)/volume.img"
        try run("truncate -s 8M \(image) && mkfs.ext4 -q -m 0 -J size=1 \(image)")
        try run("mount -o loop,nodev,nosuid \(image) \(path)")
    }

    /// Writes until there is not a block left.
    func fill() throws {
        try run("dd if=/dev/zero of=\(path)/fill bs=4096 2>/dev/null; sync -f \(path)", status: nil)
        try run("dd if=/dev/zero of=\(path)/fill2 bs=512 2>/dev/null; sync -f \(path)", status: nil)
    }

    func unmount() { try? run("umount \(path)") }

    private func run(_ script: String, status: Int32? = 0) throws {
        let sbin = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"]
        let shell = try Running(["-c", script], environment: sbin, binary: "/bin/sh")
        let end = shell.wait()
        if let status { #expect(end == Running.End(exitStatus: status), "\(script)") }
    }
}
