import Docker
import FoundationEssentials
import Host
package import Planning
import State
import Volumes

/// Why a build failed.
package struct BuildError: Error, CustomStringConvertible {
    package enum Cause: Equatable, Sendable {
        case timeout(seconds: Int64)
        case memory(limitBytes: Int64)
        case processes(limit: Int)
        case disk(sizeBytes: Int64)
        case missing
        case status(Int)
        case signal(Int)
    }

    package var cause: Cause
    /// The last lines that the build printed.
    package var lines: [String]

    package var description: String {
        guard !lines.isEmpty else { return reason }
        return "\(reason); its last lines:\n" + lines.map { "    \($0)" }.joined(separator: "\n")
    }

    /// Without the build's own words.
    package var reason: String {
        switch cause {
        case .timeout(let seconds):
            "the build did not end within \(seconds) s and was killed; raise build.timeout"
        case .memory(let limit):
            "the build ran out of memory (\(limit >> 20) MiB); raise build.memory"
        case .processes(let limit):
            "the build ran out of processes (\(limit) at once)"
        case .disk(let size):
            "the build filled its volume (\(size >> 20) MiB); raise build.volume"
        case .missing:
            "the build image has no executable 'build' on its PATH; name another image with "
                + "images.build"
        case .status(let status): "the build failed with exit status \(status)"
        case .signal(let signal): "the build was killed by signal \(signal)"
        }
    }
}

extension EngineContainers {
    /// Everything that the build prints is kept for `logs --build`, however it ends.
    package func runBuild(
        _ spec: Planning.ContainerSpec, timeoutSeconds: Int64,
        output: @escaping @Sendable (String) -> Void
    ) async throws {
        var log: BuildLog?
        do {
            log = try buildLogs?.begin(spec.app)
        } catch {
            output("what the build prints is not kept: \(error)")
        }
        let kept = log
        do {
            try await build(spec, timeoutSeconds: timeoutSeconds) { line in
                kept?.add(line)
                output(line)
            }
            kept?.add("modplan: build ended well at \(Date().formatted(.iso8601))")
        } catch {
            let reason = (error as? BuildError)?.reason ?? "\(error)"
            kept?.add("modplan: build failed at \(Date().formatted(.iso8601)): \(reason)")
            throw error
        }
    }

    private func build(
        _ spec: Planning.ContainerSpec, timeoutSeconds: Int64,
        output: @escaping @Sendable (String) -> Void
    ) async throws {
        let reference = ContainerReference(name: spec.name)
        let tail = TailOfOutput()
        // Outside of what is cleaned up: a container of that name that is not ours stays.
        try await create(spec)
        do {
            try await start(reference)
            let status: Int
            do {
                status = try await follow(spec.name, timeoutSeconds: timeoutSeconds) { line in
                    tail.add(line)
                    output(line)
                }
            } catch is DeadlineExceeded {
                throw BuildError(cause: .timeout(seconds: timeoutSeconds), lines: tail.lines)
            }
            if status != 0 {
                let cause = await cause(of: status, spec, lines: tail.lines)
                throw BuildError(cause: cause, lines: tail.lines)
            }
            try await remove(reference)
        } catch {
            // A failed build leaves nothing: neither its processes nor its volume.
            try? await remove(reference)
            try? await volumes.unmount(spec.volume)
            try? await volumes.remove(spec.volume)
            throw error
        }
    }

    /// Streams a running build's output line by line until it ends.
    ///
    /// - Returns: its exit status.
    private func follow(
        _ container: String, timeoutSeconds: Int64, line: @escaping @Sendable (String) -> Void
    ) async throws -> Int {
        try await withDeadline(seconds: Int(timeoutSeconds)) {
            try await engine.withLogs(of: container, within: .seconds(timeoutSeconds + 5)) {
                stream in
                var splitter = OutputLines()
                for try await piece in stream {
                    for text in splitter.add(piece.bytes) { line(text) }
                }
                if let rest = splitter.rest { line(rest) }
            }
            return try await engine.waitContainer(container, within: .seconds(30))
        }
    }

    /// Tells a build that overran a limit from one that failed, by the report that navi left on
    /// the volume: the container's own counters vanish with it.
    private func cause(
        of status: Int, _ spec: Planning.ContainerSpec, lines: [String]
    ) async -> BuildError.Cause {
        if isAboutStarting("build", lines) { return .missing }
        let report = try? BuildReport.read(in: volumes.mountPoint(of: spec.volume))
        guard let report else { return .status(status) }
        if report.ranOutOfMemory { return .memory(limitBytes: spec.memoryBytes) }
        if report.ranOutOfProcesses { return .processes(limit: spec.processLimit) }
        if let size = report.fullVolumeBytes {
            // What was asked for; the file system takes some of it for itself.
            let volume = try? await volumes.list(prefix: spec.volume).first
            return .disk(sizeBytes: volume?.limit ?? size)
        }
        if let signal = report.signal { return .signal(signal) }
        return .status(status)
    }
}
