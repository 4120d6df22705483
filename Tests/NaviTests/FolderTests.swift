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
}
