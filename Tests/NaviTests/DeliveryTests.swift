import Foundation
import Testing

/// Events that come again, and payloads that are longer than announced.
extension NaviTests {
    struct DeliveryTests: StubSupervisor {
        let scratch: Scratch

        init() throws { scratch = try Scratch() }

        private static let exited = Stub.event("PROCESS_STATE_EXITED", Stub.exited, serial: 7)

        @Test func whatAKilledListenerHadWrittenIsNotWrittenTwice() throws {
            let killed = try listener()
            try killed.send(Self.exited)
            try killed.expect(Stub.answer)
            killed.signal(SIGKILL)
            _ = killed.wait()

            let next = try started()
            try next.send(Self.exited)
            try next.expect(Stub.answer)
            #expect(try scratch.notifications().map(\.serial) == [7])
            // The next event is another, even if nothing but its serial differs.
            try next.send(Self.exited.replacing("serial:7 ", with: "serial:8 "))
            try next.expect(Stub.answer)
            try end(next)
            #expect(try scratch.notifications().map(\.serial) == [7, 8])
            #expect(try next.remainingErrors().contains("event 7 came again"))
        }

        @Test func whatAKilledListenerHadNotWrittenIsWrittenBySuccessor() throws {
            let killed = try listener()
            try killed.send(Self.exited.utf8.dropLast())
            killed.signal(SIGKILL)
            _ = killed.wait()
            let next = try started()
            try next.send(Self.exited)
            try next.expect(Stub.answer)
            try end(next)
            #expect(try scratch.notifications().map(\.serial) == [7])
        }

        /// A new supervisord counts from the start: an event like the last of the old one is new.
        @Test(arguments: [true, false])
        func onlyWhatWasNotAcknowledgedComesAgain(supervisordEnded: Bool) throws {
            let first = try listener()
            try first.send(Self.exited)
            try first.expect(Stub.answer)
            if supervisordEnded {
                try end(first)
            } else {
                try first.send(Stub.event("TICK_5", "when:1"))
                try first.expect(Stub.answer)
                first.signal(SIGKILL)
                _ = first.wait()
            }
            let next = try started()
            try next.send(Self.exited)
            try next.expect(Stub.answer)
            try end(next)
            #expect(try scratch.notifications().map(\.serial) == [7, 7])
        }

        /// supervisord under Python 3 announces characters: the rest stands before the next header.
        @Test(arguments: [
            "\u{e9}", "\u{e9}\u{e9}\u{e9} and words", "\u{1f40e}\n\n\n",
            "\u{e9}\u{e9}\u{e9}\u{e9}\na b\n",
            String(repeating: "\u{e9}", count: 500_000),
            String(repeating: "\u{e9}\n", count: 9_000),
            "\u{1f40e}\u{1f40e}\u{1f40e} len:999999 eventname:X",
        ])
        func staysInStepWhenCharactersAreAnnounced(text: String) throws {
            let navi = try listener()
            let payload = "\(Stub.fatal)\n\(text)"
            for serial in [1, 3] {
                let header = Stub.header(
                    "PROCESS_STATE_FATAL", length: payload.unicodeScalars.count, serial: serial)
                try navi.send(header + payload)
                try navi.expect(Stub.answer)
                try navi.send(
                    Stub.event("PROCESS_STATE_FATAL", Stub.fatal, serial: serial + 1))
                try navi.expect(Stub.answer)
            }
            try end(navi)
            #expect(try scratch.notifications().map(\.serial) == [1, 2, 3, 4])
            #expect(try scratch.notifications().last?.header.hasPrefix("ver:3.0 ") == true)
        }

        @Test func payloadsThatAreNotTextButOfTheirLengthAreFollowedByAnyHeader() throws {
            let navi = try listener()
            let payload = Array(Stub.fatal.utf8) + [0x0a, 0xff, 0xfe, 0x80, 0x0a, 0xc3]
            for serial in 1...3 {
                try navi.send(
                    "len:\(payload.count) serial:\(serial) eventname:PROCESS_STATE_FATAL\n")
                try navi.send(payload)
                try navi.expect(Stub.answer)
            }
            try end(navi)
            #expect(try scratch.notifications().map(\.serial) == [1, 2, 3])
        }
    }
}
