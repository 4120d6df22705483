import Desired
import Glibc
import Host

/// What `init` makes. The host file comes last: where there is one, all else is there too.
struct NewInstallation {
    static let app = "hello"

    let folder: String
    let name: String
    /// On 127.0.0.1, free when looked at.
    let port: Int

    var hostFile: String { "\(folder)/modplan.yaml" }
    var definitions: String { "\(folder)/definitions" }

    /// - Throws: if something is there already that it would overwrite, or the name is no name.
    init(folder: String, name: String?) throws {
        self.folder = folder
        if let status = try hostEntry(folder), !isFolder(status) {
            throw UsageError("\(folder): is not a folder; give another, or move it aside")
        }
        for path in ["\(folder)/modplan.yaml", "\(folder)/definitions"]
        where try hostEntry(path) != nil {
            throw UsageError(
                "\(path): is there already, and init overwrites nothing; give another folder, or "
                    + "move it aside")
        }
        self.name = name ?? Self.name(from: folder)
        let decoded = try? decodeHostFile(
            Array(Self.hostFile(self.name).utf8), file: "modplan.yaml"
        ).get()
        guard decoded?.installation == self.name else {
            throw UsageError(
                "--installation: '\(printable(self.name))' is not a name: 1 to 40 of a-z, 0-9 and "
                    + "-, a letter first")
        }
        // The mark must be this installation's alone: another of that name would end its apps.
        let images = "/var/lib/modplan/\(self.name)/volumes/images"
        if try hostEntry(images) != nil, try !Directory(path: images).names(limit: 3).isEmpty {
            throw UsageError(
                "\(images): an installation named '\(self.name)' has volumes on this host; give "
                    + "another name with --installation")
        }
        port = (8080..<8180).first { listenFailure("127.0.0.1", $0) == nil } ?? 8080
    }

    /// A folder's name as an installation's; `main` where nothing of it can stay.
    static func name(from folder: String) -> String {
        let last = folder.split(separator: "/").last ?? ""
        var name = ""
        for character in last.lowercased().unicodeScalars {
            switch character {
            case "a"..."z": name.unicodeScalars.append(character)
            case "0"..."9" where !name.isEmpty: name.unicodeScalars.append(character)
            default: if !name.isEmpty, name.last != "-" { name += "-" }
            }
        }
        name = String(name.prefix(40))
        while name.last == "-" { name.removeLast() }
        return name.isEmpty ? "main" : name
    }

    // MARK: Making

    func make() async throws {
        guard let git = findTool("git") else {
            throw UsageError("git: not found, and the definitions live in git; install it")
        }
        try makeFolders(folder)
        do {
            try await makeDefinitions(git)
            try Directory(path: folder).create(
                "modplan.yaml", Self.hostFile(name).utf8, mode: 0o644)
        } catch {
            // It was not there before, so that all in it is ours.
            try? Directory(path: folder).removeTree("definitions")
            throw error
        }
    }

    private func makeDefinitions(_ git: String) async throws {
        try await run(git, ["init", "--quiet", "--initial-branch=main", definitions])
        for (path, content) in files {
            let parts = path.split(separator: "/")
            let parent = ([definitions] + parts.dropLast().map(String.init)).joined(separator: "/")
            try makeFolders(parent)
            try Directory(path: parent).create(
                String(parts.last ?? ""), content.utf8, mode: 0o644)
        }
        try await run(git, ["-C", definitions, "add", "--all"])
        // Whoever has no identity in git yet, or signs what they commit, still gets a first commit.
        let email = try await run(
            git, ["-C", definitions, "config", "user.email"], accepted: [0, 1])
        let identity =
            email.isEmpty
            ? ["-c", "user.name=modplan", "-c", "user.email=modplan@localhost"] : []
        try await run(
            git,
            ["-C", definitions] + identity
                + [
                    "-c", "commit.gpgsign=false", "-c", "core.hooksPath=/dev/null", "commit",
                    "--quiet", "--message", "Add a first app",
                ])
    }

    /// Git's own variables would lead it to another repository, as in a hook.
    @discardableResult
    private func run(
        _ git: String, _ arguments: [String], accepted: Set<Int32> = [0]
    ) async throws -> String {
        let variables = ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY"]
        return try await Tool.run(
            "env", variables.flatMap { ["-u", $0] } + [git] + arguments, accepted: accepted)
    }

    // MARK: Content

    private static func hostFile(_ name: String) -> String {
        """
        # One installation of modplan on this host; relative paths start from this file's folder.
        definitions:
          repository: definitions
          ref: HEAD
          path: apps
        # Marks what is ours on the host: containers, volumes, networks. Leave it as it is.
        installation: \(name)
        state: state

        """
    }

    private var files: [(path: String, content: String)] {
        [
            (
                "apps/\(Self.app).yaml",
                """
                # A static page. 'modplan plan' shows what a change here would do, once committed.
                app: \(Self.app)
                language: static
                source:
                  path: sources/\(Self.app)
                build:
                  network: none
                  volume: 128MiB
                run:
                  memory: 64MiB
                  volume: 128MiB
                  publish: 127.0.0.1:\(port)
                  ready: {path: /}

                """
            ),
            (
                "sources/\(Self.app)/index.html",
                """
                <!doctype html>
                <html lang="en">
                <meta charset="utf-8">
                <title>hello</title>
                <h1>hello</h1>
                </html>

                """
            ),
        ]
    }
}
