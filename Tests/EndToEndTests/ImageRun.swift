import Glibc
import Host
import Subprocess
import Testing

/// One run of a build's or an app's image by itself, with the settings that decide what it may do,
/// on a folder laid out as its volume. For what needs no modplan: it takes half a second.
struct ImageRun {
    let folder: String

    /// - Parameter files: the source or the app, by path.
    static func with(_ files: [String: String], _ body: (ImageRun) async throws -> Void)
        async throws
    {
        var template = Array("/var/tmp/modplan-image-XXXXXX".utf8CString)
        let folder = String(cString: try #require(mkdtemp(&template)))
        let name = String(folder.dropFirst("/var/tmp/".count))
        let result: Result<Void, any Error>
        do {
            try lay(files, in: folder)
            try await Tool.run("chown", ["-R", "441:444", folder])
            result = .success(try await body(ImageRun(folder: folder)))
        } catch {
            result = .failure(error)
        }
        try Directory(path: "/var/tmp").removeTree(name)
        try result.get()
    }

    private static func lay(_ files: [String: String], in folder: String) throws {
        for part in ["home", "log", "tmp", "app"] { try makeFolders("\(folder)/\(part)") }
        for (path, text) in files {
            let parts = "\(folder)/app/\(path)".split(separator: "/").map(String.init)
            let parent = "/" + parts.dropLast().joined(separator: "/")
            try makeFolders(parent)
            try Directory(path: parent).create(parts.last ?? "", text.utf8, mode: 0o755)
        }
    }

    /// Runs `command` in an image of this installation, the folder's `app` also as a build's source.
    func run(
        _ image: String, environment: [String: String] = [:], _ command: String...
    ) async throws -> Outcome {
        var arguments = [
            "run", "--rm", "--network", "none", "--read-only", "--cap-drop", "ALL",
            "--security-opt", "no-new-privileges", "--memory", "512m", "--pids-limit", "256",
            "--tmpfs", "/run:rw,nosuid,nodev,noexec,size=8m,mode=0700,uid=441,gid=444",
            "--tmpfs", "/tmp:size=16m", "--volume", "\(folder):/mnt", "--env", "INPUT=/mnt/app",
            "--entrypoint", "/usr/bin/tini",
        ]
        for (name, value) in environment { arguments += ["--env", "\(name)=\(value)"] }
        let result = try await Subprocess.run(
            .name("docker"),
            arguments: Arguments(
                arguments + ["\(Fixture.images)/\(image)", "--"] + command),
            output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
        guard case .exited(let status) = result.terminationStatus else {
            throw Failure("docker run was killed")
        }
        return Outcome(status: status, output: result.standardOutput, errors: result.standardError)
    }
}
