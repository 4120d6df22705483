package import Desired
package import Docker
import FoundationEssentials
import Glibc
import Host
package import Planning
import Supervisor
package import Volumes

/// The app's program: control through exec in the container, observation through supervisord's
/// socket on the volume, which is four hundred times cheaper.
package struct SupervisorPrograms: ProgramEffects {
    private static let program = "app"
    /// How long supervisord may take to come up.
    private static let startSeconds = 15

    let engine: DockerClient
    let volumes: any VolumeStore
    /// The network on which apps are asked whether they are ready.
    let network: String

    package init(engine: DockerClient, volumes: any VolumeStore, network: String) {
        self.engine = engine
        self.volumes = volumes
        self.network = network
    }

    // MARK: Control

    package func update(_ container: ContainerReference) async throws {
        try await control(container, .update, seconds: 2 * InstanceConfiguration.stopSeconds)
    }

    package func start(_ container: ContainerReference) async throws {
        try await control(
            container, .start(program: Self.program),
            seconds: 4 * InstanceConfiguration.startSeconds, accepted: "already started")
    }

    package func stop(_ container: ContainerReference) async throws {
        try await control(
            container, .stop(program: Self.program), seconds: 2 * InstanceConfiguration.stopSeconds,
            accepted: "not running")
    }

    /// - Parameter accepted: supervisord's word for what was so before.
    private func control(
        _ container: ContainerReference, _ command: Supervisorctl, seconds: Int,
        accepted: String? = nil
    ) async throws {
        let end = ContinuousClock.now + .seconds(Self.startSeconds)
        var result: ExecResult
        var output: String
        repeat {
            result = try await engine.exec(
                in: container.key,
                ExecSpec(command.arguments(timeoutSeconds: seconds), user: ImageStandard.user),
                within: .seconds(seconds + 10))
            output = printable(result.stdout + result.stderr)
        } while Self.passes(output) && ContinuousClock.now < end
        if let accepted, output.contains(accepted) { return }
        if Supervisorctl.timedOut.contains(result.exitCode) {
            throw ProgramError(
                container: container.name,
                message: "its supervisord did not answer within \(seconds) s; if it does not "
                    + "recover, end it with 'docker kill \(container.name)' and apply again",
                log: [])
        }
        // supervisorctl says ERROR for what it could not do, and exits with 0 for some of it.
        guard result.exitCode == 0, !output.contains("ERROR") else {
            throw ProgramError(
                container: container.name,
                message: "supervisorctl ended with \(result.exitCode): \(output)", log: [])
        }
    }

    /// True for what is over in a moment: the container started just now and its supervisord does not
    /// listen yet, or an `update` that a killed apply left running takes the program out and in again.
    private static func passes(_ output: String) -> Bool {
        [
            "no such file", "FileNotFoundError", "refused connection", "BAD_NAME: \(program)",
            "ALREADY_ADDED: \(program)", "STILL_RUNNING: \(program)",
        ].contains { output.contains($0) }
    }

    // MARK: Ready

    package func awaitReady(
        _ container: ContainerReference, volume: String, port: Int, _ check: ReadyCheck
    ) async throws {
        let clock = ContinuousClock()
        let end = clock.now + .seconds(check.timeout.seconds)
        let mountPoint = volumes.mountPoint(of: volume)
        let address = try await address(of: container)
        var state: ProgramState?
        var seesProgram = false
        while clock.now < end {
            try Task.checkCancellation()
            if let programs = try? await SupervisorReader(mountPoint: mountPoint).programs(),
                let program = programs.first(where: { $0.name == Self.program })
            {
                seesProgram = true
                state = program.state
                if program.state == .fatal {
                    throw notReady(container, mountPoint, "the program does not stay up (FATAL)")
                }
            } else if seesProgram == false, try await hasEnded(container) {
                throw notReady(container, mountPoint, "the container ended")
            }
            if state == .running || state == .starting,
                await isReady(check.probe, state: state, address: address, port: port)
            {
                return
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        let word = state.map(\.rawValue) ?? "unknown"
        throw notReady(
            container, mountPoint,
            "not ready after \(check.timeout) (program \(word), \(check.probe.words(port: port)))")
    }

    private func isReady(
        _ probe: ReadyCheck.Probe, state: ProgramState?, address: String, port: Int
    ) async -> Bool {
        switch probe {
        case .running: return state == .running
        case .tcp:
            let answer = try? await offload { Probe.tcp(address, port: port, timeoutMs: 1000) }
            return answer == true
        case .http(let path):
            let status = try? await offload {
                Probe.http(address, port: port, path: path, timeoutMs: 2000)
            }
            return status.map { (200..<400).contains($0) } ?? false
        }
    }

    private func address(of container: ContainerReference) async throws -> String {
        let found = try await engine.inspectContainer(container.key)
        return found.networkSettings.networks[network]?.ipAddress ?? ""
    }

    private func hasEnded(_ container: ContainerReference) async throws -> Bool {
        try await engine.inspectContainer(container.key).state.status != .running
    }

    private func notReady(
        _ container: ContainerReference, _ mountPoint: String, _ message: String
    ) -> ProgramError {
        let log = try? Directory(path: mountPoint).tail("log/app.log", count: 4000)
        let lines = (log ?? []).split(separator: 0x0A).suffix(20).map { printable($0) }
        guard isAboutStarting("start", lines) else {
            return ProgramError(container: container.name, message: message, log: lines)
        }
        return ProgramError(
            container: container.name,
            message: "the run image has no executable 'start' on its PATH; name another image "
                + "with images.run", log: lines)
    }
}

/// The program could not be brought where it should be.
package struct ProgramError: Error, CustomStringConvertible {
    package var container: String
    package var message: String
    /// The app's last lines.
    package var log: [String]

    package var description: String {
        guard !log.isEmpty else { return "\(container): \(message)" }
        return "\(container): \(message); the app's last lines:\n"
            + log.map { "    \($0)" }.joined(separator: "\n")
    }
}

extension ReadyCheck.Probe {
    fileprivate func words(port: Int) -> String {
        switch self {
        case .running: "wanted RUNNING"
        case .tcp: "wanted a connection on port \(port)"
        case .http(let path): "wanted 200 to 399 from \(path) on port \(port)"
        }
    }
}
