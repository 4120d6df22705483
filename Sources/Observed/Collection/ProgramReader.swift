import FoundationEssentials
import Observed
import Supervisor

extension Collector {
    /// Supervisord takes about a second to come up, several on a loaded machine.
    private static let startSeconds: TimeInterval = 15

    /// The app's program in the words of the supervisord on a mounted volume.
    ///
    /// - Parameter startedAt: when its container started. One that did so just now is starting, not
    ///   unknown, while supervisord does not listen yet.
    func readProgram(_ mountPoint: String, startedAt: Date?) async -> Reading<Program> {
        do throws(SupervisorError) {
            let programs = try await SupervisorReader(mountPoint: mountPoint).programs()
            guard let found = programs.first(where: { $0.name == "app" }) else {
                return .read(Program(state: .stopped))
            }
            return .read(
                Program(
                    state: .init(rawValue: found.state.rawValue), pid: Int(found.pid ?? 0),
                    exitStatus: Int(found.exitStatus),
                    startedAt: Int(found.startTime?.timeIntervalSince1970 ?? 0)))
        } catch {
            let isNew = startedAt.map { -$0.timeIntervalSinceNow < Self.startSeconds } ?? false
            if isNew && [.absent, .unreachable].contains(error.kind) {
                return .read(Program(state: .starting))
            }
            return .unavailable("\(error)")
        }
    }
}
