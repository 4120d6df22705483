import Foundation
import Testing

/// supervisord's event listener protocol, byte by byte.
extension NaviTests {
    struct ProtocolTests: StubSupervisor {
        let scratch: Scratch

        init() throws { scratch = try Scratch() }

        /// An event whose notification tells whether all of it was understood.
        private func fatal(_ serial: Int) -> String {
            Stub.event("PROCESS_STATE_FATAL", Stub.fatal, serial: serial)
        }

        @Test func readsAnEventCutInTwoAtEveryByte() throws {
            let navi = try listener()
            for cut in 0...fatal(10).utf8.count {
                let event = fatal(cut + 100).utf8
                try navi.send(event.prefix(cut))
                usleep(300)
                try navi.send(event.dropFirst(cut))
                try navi.expect(Stub.answer)
            }
            try end(navi)
            #expect(
                try scratch.notifications().map(\.serial)
                    == (0...fatal(10).utf8.count).map { $0 + 100 })
        }

        @Test func readsAHeaderInAnyOrderWithUnknownTokensByteByByte() throws {
            let navi = try listener()
            let tokens = [
                "len:\(Stub.fatal.utf8.count)", "new:a:b:c", "eventname:PROCESS_STATE_FATAL",
                "empty:", "serial:7", ":nameless", "len-of-nothing:99", "žluť:\u{1f40e}",
            ]
            for shift in tokens.indices {
                let header = (tokens[shift...] + tokens[..<shift]).joined(separator: "  ")
                for byte in "\(header)\n\(Stub.fatal)".utf8 {
                    try navi.send([byte])
                }
                try navi.expect(Stub.answer)
            }
            try end(navi)
            #expect(try scratch.notifications().map(\.serial) == tokens.map { _ in 7 })
        }

        @Test func readsManyEventsFromOneWrite() throws {
            let navi = try listener()
            let events = (1...200).map { serial in
                serial % 2 == 0
                    ? Stub.event("SUPERVISOR_STATE_CHANGE", "", serial: serial) : fatal(serial)
            }
            try navi.send(events.joined())
            try navi.expect(String(repeating: Stub.answer, count: 200))
            try end(navi)
            let serials = try scratch.notifications().map(\.serial)
            #expect(serials == Array(stride(from: 1, to: 200, by: 2)))
        }

        @Test func theEndOfTheStreamIsACleanExit() throws {
            try end(try listener())
            for cut in 1..<fatal(1).utf8.count {
                let navi = try started()
                try navi.send(fatal(1).utf8.prefix(cut))
                try end(navi)
            }
            #expect(try scratch.notifications().isEmpty)
        }

        @Test(arguments: [
            "\n", "nonsense\n", "eventname:TICK_5\n", "len:0\n", "eventname: len:0\n",
            "eventname:TICK_5 len:-1\n", "eventname:TICK_5 len:1x\n", "eventname:TICK_5 len:\n",
            "eventname:TICK_5 len:99999999999999999999\n", "eventname:TICK_5 len:1073741825\n",
            String(repeating: "x", count: 9000),
            "eventname:TICK_5 len:0 long:\(String(repeating: "x", count: 4096))\n",
        ])
        func aMalformedHeaderEndsIt(header: String) throws {
            let navi = try listener()
            try navi.send(header)
            #expect(navi.wait() == Running.End(exitStatus: 1))
            #expect(try navi.remainingErrors().contains("event header: expected"))
            #expect(try navi.remainingOutput().isEmpty)
        }

        @Test func aHostilePayloadStaysAShortFileOfValidJSON() throws {
            let navi = try listener()
            let nasty: [UInt8] = [1, 0x1b, 0x22, 0x5c, 0xff, 0xfe, 0x7f, 0xe2, 0x82]
            let payload =
                Array(Stub.fatal.utf8) + [10]
                + Array(repeatElement(nasty, count: 10_000).joined())
            let header =
                "eventname:PROCESS_STATE_FATAL serial:1 junk:\u{1}\u{2}\" len:\(payload.count)\n"
            try navi.send(header)
            try navi.send(payload)
            try navi.expect(Stub.answer)
            try end(navi)
            #expect(try scratch.notifications().map(\.process) == ["app"])
            let name = try #require(try scratch.files().first { $0.hasSuffix(".json") })
            let file = "\(scratch.path)/notifications/\(name)"
            #expect(try Data(contentsOf: URL(fileURLWithPath: file)).count <= 16384)
        }

        /// A gigabyte in all. What is resident in all is measured on the release binary, which is
        /// smaller: `make bench`.
        @Test func aThousandLargePayloadsTakeNoMoreMemoryThanNone() throws {
            let navi = try listener()
            let before = try navi.kilobytes("VmHWM")
            let filler = Data(repeating: UInt8(ascii: "x"), count: 1 << 20)
            let payload = Data("\(Stub.fatal)\n".utf8)
            let count = payload.count + filler.count
            for serial in 1...1000 {
                let name = serial % 100 == 0 ? "PROCESS_STATE_FATAL" : "PROCESS_LOG_STDOUT"
                try navi.send(Stub.header(name, length: count, serial: serial))
                try navi.send(payload + filler)
                try navi.expect(Stub.answer)
            }
            #expect(try navi.kilobytes("VmHWM") - before <= 128)
            try end(navi)
            #expect(try scratch.notifications().map(\.serial) == (1...10).map { $0 * 100 })
        }
    }
}
