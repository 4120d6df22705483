import Docker
import Host
package import Planning

extension EngineContainers {
    package func runTask(
        _ spec: Planning.ContainerSpec, _ console: TaskConsole
    ) async throws -> Int {
        try await create(spec)
        return try await withThrowingTaskGroup(of: Int?.self) { group in
            group.addTask { try await follow(spec.name, console) }
            group.addTask {
                try await endWhenAsked(ContainerReference(name: spec.name), console)
                return nil
            }
            defer { group.cancelAll() }
            while let status = try await group.next() {
                if let status { return status }
            }
            throw CancellationError()
        }
    }

    private func follow(_ container: String, _ console: TaskConsole) async throws -> Int {
        try await engine.withOutput(ofStarting: container) { output in
            // Asked at once: with its app's end the container may be gone before its output is.
            let ended = Task { try await engine.waitContainer(container, within: longest) }
            defer { ended.cancel() }
            for try await piece in output {
                console.write(piece.stream == .stdout ? .output : .errors, piece.bytes)
            }
            return try await withDeadline(seconds: 30) { try await ended.value }
        }
    }

    /// A command has no deadline, and a call has one.
    private var longest: Duration { .seconds(365 * 24 * 3600) }

    /// Stops the container once that is asked for, and again until this is cancelled: it may only
    /// be about to start.
    private func endWhenAsked(_ container: ContainerReference, _ console: TaskConsole) async throws
    {
        while true {
            try await Task.sleep(for: .milliseconds(100))
            if console.stop.isRequested { try await stop(container) }
        }
    }
}
