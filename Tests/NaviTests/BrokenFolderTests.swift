import Foundation
import Testing

/// The folder is full, unwritable, or not there: the app runs on, and the next eight notifications
/// arrive.
extension NaviTests {
    struct BrokenFolderTests: StubSupervisor {
        /// Each breaks the folder of notifications, and mends it.
        enum Damage: String, CaseIterable {
            case removed, aFile, aLink, aFIFO, anotherFolder, unreadable, readOnly, immutable

            func script(_ folder: String) -> (doIt: String, undo: String) {
                let aside = "mv \(folder) \(folder).aside"
                let back = "rm -rf \(folder) && mv \(folder).aside \(folder)"
                return switch self {
                case .removed: ("rm -rf \(folder)", "mkdir -m 700 \(folder)")
                case .aFile: ("\(aside) && echo > \(folder)", back)
                case .aLink:
                    ("\(aside) && mkdir \(folder).link && ln -s \(folder).link \(folder)", back)
                case .aFIFO: ("\(aside) && mkfifo \(folder)", back)
                case .anotherFolder: ("rm -rf \(folder) && mkdir \(folder)", ":")
                case .unreadable: ("chmod 000 \(folder)", ":")
                case .readOnly: ("chmod 500 \(folder)", ":")
                case .immutable: ("chattr +i \(folder)", "chattr -i \(folder)")
                }
            }

            /// navi can't write there before somebody mends it.
            var isLasting: Bool {
                switch self {
                case .removed, .aFile, .aLink, .aFIFO, .immutable: true
                case .anotherFolder, .unreadable, .readOnly: false
                }
            }
        }

        let scratch: Scratch
        private var folder: String { "\(scratch.path)/notifications" }

        init() throws { scratch = try Scratch() }

        /// As the user that both navi and the app are in a container, to whom modes apply.
        private func asMop(_ arguments: [String]) throws -> Running {
            let user = ["--reuid=441", "--regid=444", "--clear-groups"]
            return try Running(
                user + [Running.binary] + arguments, binary: "/usr/bin/setpriv")
        }

        private func crash(_ status: Int32) throws -> Running {
            let navi = try asMop(["run"] + scratch.flags + ["--", "sh", "-c", "exit \(status)"])
            #expect(navi.wait() == Running.End(exitStatus: status))
            return navi
        }

        @Test(.enabled(if: geteuid() == 0, "changing users takes root"), arguments: Damage.allCases)
        func theNextEightNotificationsArriveOnceTheFolderIsWhole(damage: Damage) throws {
            let script = damage.script(folder)
            var isBroken = false
            defer { if isBroken { try? shell(script.undo) } }
            try shell("chown -R 441:444 \(scratch.path)")
            _ = try crash(0)
            isBroken = true
            try shell(script.doIt)
            if !damage.isLasting { try shell("chown 441:444 \(folder)") }
            for status: Int32 in 1...4 { _ = try crash(status) }
            let navi = try asMop(["listen"] + scratch.flags)
            try navi.expect("READY\n")
            for serial in 5...8 {
                try navi.send(Stub.event("PROCESS_STATE_FATAL", Stub.fatal, serial: serial))
                try navi.expect(Stub.answer)
            }
            if damage.isLasting {
                let ninth = Stub.event("PROCESS_STATE_FATAL", Stub.fatal, serial: 9)
                try navi.send(ninth)
                try navi.expect(Stub.answer)
                #expect(!FileManager.default.fileExists(atPath: "\(folder).link/.slot-0"))
            }
            try shell(script.undo)
            isBroken = false
            if damage.isLasting { try shell("chown 441:444 \(folder)") }
            try navi.send(Stub.event("TICK_5", "when:0"))
            try navi.expect(Stub.answer)
            try end(navi)

            let seen = try scratch.notifications()
            #expect(seen.compactMap(\.exitStatus) == [1, 2, 3, 4])
            #expect(seen.filter { $0.reporter == "listener" }.map(\.serial) == [5, 6, 7, 8])
            let errors = try navi.remainingErrors()
            #expect(errors.contains("crash notification not written: ") == damage.isLasting)
            #expect(errors.contains(": lost") == damage.isLasting)
        }

        @Test func whatWaitsIsNoWayOutOfTheFolder() throws {
            _ = try Running(script: "exit 0", in: scratch).wait()
            try scratch.write("../escaped.json\n{}", to: "records/waiting-0")
            try scratch.write("no end of line", to: "records/waiting-1")
            symlink("/etc/passwd", "\(scratch.path)/records/waiting-2")
            let navi = try listener()
            try end(navi)
            #expect(!scratch.exists("escaped.json"))
            #expect(!scratch.exists("records/waiting-0") && !scratch.exists("records/waiting-1"))
            #expect(try scratch.notifications().isEmpty)
        }

        @Test func withNoRoomAnywhereTheAppRunsAndEndsAsEver() throws {
            try shell("rm -rf \(folder); touch \(scratch.path)/records")
            let navi = try Running(script: "exit 9", in: scratch)
            #expect(navi.wait() == Running.End(exitStatus: 9))
            let said = try navi.remainingErrors()
            #expect(said.contains("crash notification not written: open"))
            #expect(said.contains("No such file or directory: lost"))
        }

        /// Against a real ext4 file system with no free block, as a volume has it.
        @Test(.enabled(if: geteuid() == 0, "mounting a volume takes root"))
        func eightNotificationsFindRoomOnAFullVolumeAndEightMoreWait() throws {
            let volume = try Volume(at: folder, in: scratch)
            defer { volume.unmount() }
            _ = try Running(script: "exit 0", in: scratch).wait()

            for status: Int32 in 1...17 {
                // What a short notification leaves of its slot goes to the app.
                try volume.fillUp()
                let navi = try Running(script: "exit \(status)", in: scratch)
                #expect(navi.wait() == Running.End(exitStatus: status))
                let said = try navi.remainingErrors()
                #expect(said.contains("No space left on device: waits") == (9...16 ~= status))
                #expect(said.contains("No space left on device: lost") == (status == 17))
            }
            #expect(try scratch.notifications().compactMap(\.exitStatus) == Array(1...8))
            // A listener finds nothing to say of what the parents explained, and room in time.
            try volume.empty()
            try end(try listener())
            #expect(try scratch.notifications().compactMap(\.exitStatus) == Array(1...16))
        }
    }
}
