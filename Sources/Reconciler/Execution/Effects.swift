package import Desired
package import Planning

/// What execution asks of the container engine.
package protocol ContainerEffects: Sendable {
    func createNetwork(_ name: String) async throws
    func removeNetwork(_ id: String) async throws
    /// Removes an image that nobody has a name for.
    func removeImage(_ id: String) async throws
    func create(_ spec: ContainerSpec) async throws
    func start(_ container: ContainerReference) async throws
    func stop(_ container: ContainerReference) async throws
    func remove(_ container: ContainerReference) async throws
    func updateLimits(
        _ container: ContainerReference, memoryBytes: Int64, nanoCPUs: Int64
    ) async throws
    /// Runs a build to its end; afterwards its container is gone, however it ended.
    func runBuild(
        _ spec: ContainerSpec, timeoutSeconds: Int64, output: @escaping @Sendable (String) -> Void
    ) async throws
    /// Runs a one-off command to its end, which the console may ask for; its container stays.
    ///
    /// - Returns: its exit status.
    func runTask(_ spec: ContainerSpec, _ console: TaskConsole) async throws -> Int
}

/// Where a one-off command's output goes and its end is told, as they come.
package struct TaskConsole: Sendable {
    package enum Stream: Sendable {
        case output, errors
    }

    /// Takes a piece of what was written: it ends anywhere, and its bytes are hostile.
    package var write: @Sendable (Stream, [UInt8]) -> Void
    package var ended: @Sendable (Int) -> Void
    /// Ends the command, soon.
    package var stop: StopRequest

    package init(
        stop: StopRequest, write: @escaping @Sendable (Stream, [UInt8]) -> Void,
        ended: @escaping @Sendable (Int) -> Void
    ) {
        self.stop = stop
        self.write = write
        self.ended = ended
    }

    /// For executions that run no command.
    package static let none = TaskConsole(stop: StopRequest(), write: { _, _ in }, ended: { _ in })
}

/// What execution asks of the supervisord in a container.
package protocol ProgramEffects: Sendable {
    /// Takes up a changed configuration, which restarts the program if its section changed.
    func update(_ container: ContainerReference) async throws
    func start(_ container: ContainerReference) async throws
    func stop(_ container: ContainerReference) async throws
    /// Returns once the app is ready; throws with the log's last lines if it does not get there.
    func awaitReady(
        _ container: ContainerReference, volume: String, port: Int, _ check: ReadyCheck
    ) async throws
}

/// What execution writes below a mounted volume.
package protocol FileEffects: Sendable {
    func writeSource(_ source: SourceTree, into volume: String) async throws
    func repairLayout(of volume: String) async throws
    func writeConfiguration(_ bytes: [UInt8], to volume: String) async throws
    /// Gives a storage's root to the app, and it a place in the run volume to be mounted at.
    func layOutStorage(_ storage: String, beneath volume: String) async throws
    func writeTask(_ bytes: [UInt8], to volume: String) async throws
}

/// What execution remembers.
package protocol RecordEffects: Sendable {
    /// Notes what a plan is about to change, and at its end what it left out, with the step that
    /// failed before each. They only tell: a plan does not depend on their being written.
    func begin(_ plan: Plan, named digest: String) async
    func end(_ plan: Plan, named digest: String, leftOut: [(step: Step, after: String?)]) async
    /// Durable before the effect.
    func intend(_ step: Step, plan: String) async throws
    /// Durable before anything that depends on it; `failure` is nil for success.
    func conclude(_ step: Step, plan: String, failure: String?) async throws
    func record(_ release: Release, plan: String, of app: String) async throws
    func recordApplied(_ definition: String, of app: String) async throws
    func recordPin(_ pin: Pin?, of app: String) async throws
    func recordStorage(_ use: StorageUse, of app: String, instance: Int) async throws
    /// The app has ended, and its storage is kept.
    func recordEnd(of app: String) async throws
    func forget(_ app: String) async throws
}

extension RecordEffects {
    package func begin(_ plan: Plan, named digest: String) async {}
    package func end(
        _ plan: Plan, named digest: String, leftOut: [(step: Step, after: String?)]
    ) async {}
}
