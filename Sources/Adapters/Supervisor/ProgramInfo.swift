package import FoundationEssentials

/// How supervisord says a program is. It lies in the app's own container: believe it about that
/// app, and nothing beyond.
package struct ProgramInfo: Sendable, Equatable {
    package var name: String
    package var group: String
    package var state: ProgramState
    /// In the container's process namespace; nil when it does not run.
    package var pid: Int32?
    /// Nil before the first start.
    package var startTime: Date?
    /// Nil before the first stop or exit.
    package var stopTime: Date?
    /// Of the last run; 0 before the first.
    package var exitStatus: Int32
    /// Why the last start failed; else empty.
    package var spawnError: String

    package init(
        name: String, group: String, state: ProgramState, pid: Int32? = nil,
        startTime: Date? = nil, stopTime: Date? = nil, exitStatus: Int32 = 0,
        spawnError: String = ""
    ) {
        self.name = name
        self.group = group
        self.state = state
        self.pid = pid
        self.startTime = startTime
        self.stopTime = stopTime
        self.exitStatus = exitStatus
        self.spawnError = spawnError
    }
}

/// A state of supervisord's process model.
package struct ProgramState: RawRepresentable, Sendable, Hashable {
    package var rawValue: String

    package init(rawValue: String) { self.rawValue = rawValue }

    package static let stopped = ProgramState(rawValue: "STOPPED")
    package static let starting = ProgramState(rawValue: "STARTING")
    package static let running = ProgramState(rawValue: "RUNNING")
    /// It exited too soon and will be started again.
    package static let backoff = ProgramState(rawValue: "BACKOFF")
    package static let stopping = ProgramState(rawValue: "STOPPING")
    package static let exited = ProgramState(rawValue: "EXITED")
    /// It exited too soon too often; supervisord has given up.
    package static let fatal = ProgramState(rawValue: "FATAL")
    package static let unknown = ProgramState(rawValue: "UNKNOWN")
}

extension ProgramInfo {
    /// Reads one element of `supervisor.getAllProcessInfo`; nil when it is not as documented
    /// (http://supervisord.org/api.html) or its texts are longer than any honest ones.
    init?(_ value: XMLRPCValue) {
        guard case .structure(let members) = value,
            let name = members["name"]?.text(upTo: 255), !name.isEmpty,
            let group = members["group"]?.text(upTo: 255),
            let state = members["statename"]?.text(upTo: 32), !state.isEmpty,
            let pid = members["pid"]?.integer, pid >= 0,
            let start = members["start"]?.integer, start >= 0,
            let stop = members["stop"]?.integer, stop >= 0,
            let exitStatus = members["exitstatus"]?.integer,
            let spawnError = members["spawnerr"]?.text(upTo: 4096)
        else { return nil }
        self.init(
            name: name, group: group, state: ProgramState(rawValue: state),
            pid: pid == 0 ? nil : pid, startTime: Self.date(start), stopTime: Self.date(stop),
            exitStatus: exitStatus, spawnError: spawnError)
    }

    /// 0 stands for never.
    private static func date(_ seconds: Int32) -> Date? {
        seconds == 0 ? nil : Date(timeIntervalSince1970: Double(seconds))
    }
}
