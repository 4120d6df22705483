import FoundationEssentials
import Observed
import Supervisor

extension Collector {
    /// The app's program in the words of the supervisord on a mounted volume.
    func readProgram(_ mountPoint: String) async -> Reading<Program> {
        do {
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
            return .unavailable("\(error)")
        }
    }
}
