import FoundationEssentials
import Observed
import Supervisor

extension Collector {
    /// Supervisord takes about a second to come up, several on a loaded machine.
    private static let startSeconds: TimeInterval = 15

    /// The app's program in the words of the supervisord on a mounted volume.
    func askProgram(_ mountPoint: String) async -> Result<Program, SupervisorError> {
        do throws(SupervisorError) {
            let programs = try await SupervisorReader(mountPoint: mountPoint).programs()
            guard let found = programs.first(where: { $0.name == "app" }) else {
                return .success(Program(state: .stopped))
            }
            return .success(
                Program(
                    state: .init(rawValue: found.state.rawValue), pid: Int(found.pid ?? 0),
                    exitStatus: Int(found.exitStatus),
                    startedAt: Int(found.startTime?.timeIntervalSince1970 ?? 0)))
        } catch {
            return .failure(error)
        }
    }

    /// - Parameter startedAt: when its container started. One that did so just now is starting, not
    ///   unknown, while supervisord does not listen yet.
    func reading(
        _ answer: Result<Program, SupervisorError>, startedAt: Date?
    ) -> Reading<Program> {
        switch answer {
        case .success(let program): return .read(program)
        case .failure(let error):
            let isNew = startedAt.map { -$0.timeIntervalSinceNow < Self.startSeconds } ?? false
            if isNew && [.absent, .unreachable].contains(error.kind) {
                return .read(Program(state: .starting))
            }
            return .unavailable("\(error)")
        }
    }
}
