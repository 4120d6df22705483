import Foundation
import Testing

/// What supervisord 4.2.5 sends, and what it takes for an answer.
enum Stub {
    static let exited = "processname:app groupname:app from_state:RUNNING expected:0 pid:4711"
    static let fatal = "processname:app groupname:app from_state:BACKOFF"
    static let answer = "RESULT 2\nOKREADY\n"

    static func event(_ name: String, _ payload: String, serial: Int = 21) -> String {
        header(name, length: payload.utf8.count, serial: serial) + payload
    }

    static func header(_ name: String, length: Int, serial: Int = 21) -> String {
        "ver:3.0 server:supervisor serial:\(serial) pool:navi poolserial:10 "
            + "eventname:\(name) len:\(length)\n"
    }
}

/// A suite that is supervisord to a listener.
protocol StubSupervisor {
    var scratch: Scratch { get }
}

extension StubSupervisor {
    /// A listener that is through with all that it does before its first event.
    func listener(_ environment: [String: String] = [:]) throws -> Running {
        let navi = try started(environment)
        try navi.send(Stub.event("TICK_60", "when:0"))
        try navi.expect(Stub.answer)
        return navi
    }

    func started(_ environment: [String: String] = [:]) throws -> Running {
        let navi = try Running(["listen"] + scratch.flags, environment: environment)
        try navi.expect("READY\n")
        return navi
    }

    /// Ends it as supervisord does; it must have said nothing that was not expected.
    func end(_ navi: Running, status: Int32 = 0) throws {
        try navi.closeInput()
        #expect(navi.wait() == Running.End(exitStatus: status))
        #expect(try navi.remainingOutput().isEmpty)
    }
}
