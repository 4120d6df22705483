import Docker
import Foundation
import Subprocess
import SystemPackage
import Testing

/// The machine's own engine, and a name under which one test makes things in it. All of them are
/// removed when the test ends, however it ends.
struct RealEngine: Sendable {
    static let user = "441:444"

    let docker = DockerClient()
    let name = "modplan-test-\(UUID().uuidString.prefix(8).lowercased())"
    /// An image of nothing but busybox (Debian's busybox-static).
    var imageID = ""

    var label: String { "modplan.test=\(name)" }
    var labels: [String: String] { ["modplan.test": name] }

    static func with(_ body: (RealEngine) async throws -> Void) async throws {
        var engine = RealEngine()
        do {
            engine.imageID = try await engine.build(
                "FROM scratch\nCOPY busybox /bin/busybox\nENTRYPOINT [\"/bin/busybox\"]\n")
            try await body(engine)
            try await engine.removeAll()
        } catch {
            try? await engine.removeAll()
            throw error
        }
    }

    @discardableResult
    func build(
        _ dockerfile: String, progress: (BuildProgress) throws -> Void = { _ in }
    ) async throws -> String {
        let folder = URL(fileURLWithPath: "/tmp/\(UUID().uuidString)")
        let files = FileManager.default
        try files.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? files.removeItem(at: folder) }
        try files.copyItem(atPath: "/bin/busybox", toPath: folder.appending(path: "busybox").path)
        try dockerfile.write(
            to: folder.appending(path: "Dockerfile"), atomically: true, encoding: .utf8)
        let context = folder.appending(path: "context.tar").path
        let tar = try await run(
            .name("tar"),
            arguments: ["-cf", context, "-C", folder.path, "Dockerfile", "busybox"],
            output: .discarded)
        try #require(tar.terminationStatus.isSuccess)
        var spec = BuildSpec(contextPath: context, tag: "\(name):test")
        spec.labels = labels
        // Under load the engine now and then loses the link that it has just made for a container
        // on its bridge, and the step does not start. Nothing here needs one.
        spec.networkMode = "none"
        return try await docker.buildImage(spec, within: .seconds(120), onProgress: progress)
    }

    /// A container that runs a shell script, on no network.
    func create(
        _ script: String, suffix: String = "", change: (inout ContainerSpec) -> Void = { _ in }
    ) async throws -> String {
        var host = HostConfig(
            memory: 32 << 20, nanoCPUs: 500_000_000, pidsLimit: 64, networkMode: "none")
        host.tmpfs = ["/run": "rw,nosuid,nodev,noexec,size=1m,mode=0700,uid=441,gid=444"]
        host.ulimits = [Ulimit("nofile", 4096), Ulimit("core", 0)]
        var spec = ContainerSpec(image: imageID, user: Self.user, hostConfig: host)
        spec.command = ["sh", "-c", script]
        spec.labels = labels
        change(&spec)
        return try await docker.createContainer(name: name + suffix, spec)
    }

    private func removeAll() async throws {
        for container in try await docker.containers(labels: [label]) {
            try await docker.removeContainer(container.id, force: true)
        }
        for network in try await docker.networks(labels: [label]) {
            try await docker.removeNetwork(network.id)
        }
        for image in try await docker.images(labels: [label]) {
            try await docker.removeImage(image.id, force: true)
        }
    }
}
