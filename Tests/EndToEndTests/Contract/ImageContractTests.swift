import FoundationEssentials
import Glibc
import Host
import Testing

/// What each image is, before anything runs in it.
@Suite struct ImageContractTests {
    @Test func noImageHoldsAWayToBecomeRoot() async throws {
        let images = try await Self.images()
        #expect(images.count >= 7, "\(images)")
        for image in images {
            let configuration = try await Self.configuration(of: image)
            #expect(configuration.user == "441:444", "\(image)")
            #expect(configuration.entrypoint.first == "/usr/bin/tini", "\(image)")
            var wanted: Set = [
                "HOME=/mnt/home", "TEMP_DIR=/mnt/tmp", "TMPDIR=/mnt/tmp", "TMP_DIR=/mnt/tmp",
            ]
            if image.contains("/run-") { wanted.formUnion(["PORT=8080", "APP_DIR=/mnt/app"]) }
            #expect(wanted.subtracting(configuration.environment).isEmpty, "\(image)")
        }
        // The bases are all there in what stands on them.
        for image in images where !image.hasSuffix("base") {
            try await Self.withFiles(of: image) { root in
                try await expectNothingPrivileged(root, image)
                try expectCommand(root, image)
            }
        }
    }

    /// No set-uid or set-gid file, no file capability, nothing that belongs to the app's user.
    private func expectNothingPrivileged(_ root: String, _ image: String) async throws {
        let script = """
            import os, stat, sys
            count = 0
            for folder, folders, files in os.walk(sys.argv[1]):
                for path in [os.path.join(folder, name) for name in folders + files]:
                    found, count = os.lstat(path), count + 1
                    if (stat.S_ISREG(found.st_mode) and found.st_mode & 0o6000
                            or 'security.capability' in os.listxattr(path, follow_symlinks=False)
                            or found.st_uid == 441):
                        print(path[len(sys.argv[1]):])
            print(count)
            """
        let found = try await Tool.run("python3", ["-c", script, root]).split(separator: "\n")
        #expect(found.dropLast() == ["/run"], "\(image)")
        #expect((found.last.flatMap { Int($0) } ?? 0) > 1000, "\(image)")
    }

    /// One executable `build` on the path of a build image, one `start` on a run image's.
    private func expectCommand(_ root: String, _ image: String) throws {
        let name = image.contains("/build-") ? "build" : "start"
        let folders = ["usr/local/sbin", "usr/local/bin", "usr/sbin", "usr/bin"]
        let found = try folders.map { "\(root)/\($0)/\(name)" }.filter { path in
            try hostEntry(path).map { $0.st_mode & 0o111 == 0o111 && $0.st_uid == 0 } ?? false
        }
        #expect(found == ["\(root)/usr/local/bin/\(name)"], "\(image)")
        let navi = try hostEntry("\(root)/usr/local/bin/navi")
        #expect((navi?.st_size ?? .max) <= 1_000_000, "\(image)")
    }

    private struct Configuration: Decodable {
        var user: String
        var entrypoint: [String]
        var environment: Set<String>

        enum CodingKeys: String, CodingKey {
            case user = "User"
            case entrypoint = "Entrypoint"
            case environment = "Env"
        }
    }

    /// All of the standard's images but the root, which is Debian's.
    private static func images() async throws -> [String] {
        let text = try await Tool.run(
            "docker",
            [
                "image", "ls", "--filter", "reference=\(Fixture.images)/*", "--format",
                "{{.Repository}}",
            ])
        return text.split(separator: "\n").map(String.init).filter { !$0.hasSuffix("/root") }
            .sorted()
    }

    private static func configuration(of image: String) async throws -> Configuration {
        let text = try await Tool.run(
            "docker", ["image", "inspect", "--format", "{{json .Config}}", image])
        return try JSONDecoder().decode(Configuration.self, from: Data(text.utf8))
    }

    /// Lends the folder of the host where a running container's files are; as root, so that no
    /// folder hides any.
    private static func withFiles(
        of image: String, _ body: (String) async throws -> Void
    ) async throws {
        let started = try await Tool.run(
            "docker",
            [
                "run", "--detach", "--rm", "--network", "none", "--user", "0", "--label",
                "modplan.test=images", "--entrypoint", "sleep", image, "60",
            ])
        let id = started.trimmingSuffix("\n")
        let result: Result<Void, any Error>
        do {
            let root = try await Tool.run(
                "docker", ["inspect", "--format", "{{.GraphDriver.Data.MergedDir}}", id])
            result = .success(try await body(root.trimmingSuffix("\n")))
        } catch {
            result = .failure(error)
        }
        try await Tool.run("docker", ["kill", id])
        try result.get()
    }
}
