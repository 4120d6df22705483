import Desired
package import Docker
import Glibc
import Host
package import Planning

/// Brings the engine's images up to what an image folder declares.
package struct ImageBuilder: Sendable {
    package enum Event: Sendable {
        case kept(image: String, id: String)
        case fetching(input: String)
        case building(image: String, reason: ImageStep.Reason)
        /// What the build itself says, pieces of lines: escape it before it reaches a terminal.
        case output(image: String, text: String)
        case built(image: String, id: String, duration: Duration)
    }

    /// The label that holds an image's input digest.
    package static let inputLabel = "modplan.input"
    package static let defaultCache = "/var/cache/modplan"

    private let docker: DockerClient
    private let folder: ImageFolder
    private let cache: String
    private let prefix: String
    private let installation: String

    /// - Parameters:
    ///   - cache: where fetched inputs are kept and build contexts are put together.
    ///   - prefix: `modplan` gives `modplan/run-node`.
    ///   - installation: marks what it builds, so that no other prunes it.
    package init(
        docker: DockerClient, folder: ImageFolder, cache: String = ImageBuilder.defaultCache,
        prefix: String, installation: String
    ) {
        self.docker = docker
        self.folder = folder
        self.cache = cache
        self.prefix = prefix
        self.installation = installation
    }

    /// What a build would do; changes nothing.
    ///
    /// - Parameter root: an image that stands in for the tree's own root.
    package func plan(root: String? = nil) async throws -> [ImageStep] {
        try await survey(root: root).steps
    }

    /// Builds what is missing or changed, parents first.
    ///
    /// - Returns: the id of every image of the tree, by name.
    @discardableResult
    package func build(
        root: String? = nil, report: (Event) -> Void = { _ in }
    ) async throws -> [String: String] {
        try makeFolders(cache)
        let lock = try takeLock()
        defer { withExtendedLifetime(lock) {} }

        let survey = try await survey(root: root)
        var ids: [String: String] = [:]
        let digests = Dictionary(
            survey.steps.map { ($0.image.name, $0.inputDigest) }, uniquingKeysWith: { $1 })
        if let root = survey.root, let name = folder.tree.root?.name { ids[name] = root.id }
        for step in survey.steps {
            switch step.action {
            case .keep(let id):
                ids[step.image.name] = id
                report(.kept(image: step.image.name, id: id))
            case .build(let reason):
                let sources = survey.sources[step.image.name] ?? ImageSources(files: [])
                let context = try await makeContext(step, sources: sources, report: report)
                defer { unlink(context) }
                report(.building(image: step.image.name, reason: reason))
                let start = ContinuousClock.now
                let id = try await build(
                    step, context: context, parent: step.image.parent.flatMap { ids[$0] },
                    parentDigest: step.image.parent.flatMap { digests[$0] },
                    report: report)
                ids[step.image.name] = id
                report(
                    .built(image: step.image.name, id: id, duration: ContinuousClock.now - start))
            }
        }
        return ids
    }

    private struct Survey {
        var steps: [ImageStep]
        var sources: [String: ImageSources]
        var root: RootImage?
    }

    private func survey(root: String?) async throws -> Survey {
        var sources: [String: ImageSources] = [:]
        for image in folder.tree.images where root == nil || image.parent != nil {
            sources[image.name] = try folder.sources(of: image)
        }
        var replacement: RootImage?
        if let root {
            replacement = RootImage(
                reference: root, id: try await docker.inspectImage(root).id)
        }
        let existing = try await existingImages()
        return Survey(
            steps: planImages(
                folder.tree, sources: sources, existing: existing, root: replacement),
            sources: sources, root: replacement)
    }

    private func existingImages() async throws -> [String: ExistingImage] {
        var existing: [String: ExistingImage] = [:]
        let names = folder.tree.images.map(\.name)
        for summary in try await docker.images(labels: [Self.inputLabel]) {
            for name in names where summary.tags.contains(tag(of: name)) {
                existing[name] = ExistingImage(
                    id: summary.id, inputDigest: summary.labels[Self.inputLabel])
            }
        }
        return existing
    }

    private func build(
        _ step: ImageStep, context: String, parent: String?, parentDigest: String?,
        report: (Event) -> Void
    ) async throws -> String {
        var spec = BuildSpec(contextPath: context, tag: tag(of: step.image.name))
        spec.labels = [
            Self.inputLabel: step.inputDigest, Label.image: step.image.name,
            Label.builtBy: installation, Label.parent: parentDigest ?? "",
        ]
        spec.arguments = step.image.arguments
        spec.arguments["PARENT"] = parent
        return try await docker.buildImage(spec, within: .seconds(30 * 60)) { progress in
            if case .output(let text) = progress {
                report(.output(image: step.image.name, text: text))
            }
        }
    }

    /// Puts the image's folder, its files and its inputs into one tar file, whose bytes depend on
    /// nothing but those.
    private func makeContext(
        _ step: ImageStep, sources: ImageSources, report: (Event) -> Void
    ) async throws -> String {
        let path = "\(cache)/context-\(step.image.name).tar"
        var arguments = [
            "--create", "--file", path, "--format=gnu", "--sort=name", "--mtime=@0", "--owner=0",
            "--group=0", "--numeric-owner", "--mode=u=rwX,go=rX",
            "--directory", folder.directory(of: step.image), ".",
        ]
        for file in step.image.files {
            let parts = file.split(separator: "/")
            let parent = ([folder.checkout] + parts.dropLast().map(String.init))
            arguments += ["--directory", parent.joined(separator: "/"), String(parts.last ?? "")]
        }
        let inputs = ImageInputs(directory: cache)
        for input in step.image.inputs {
            let place = try await inputs.prepare(
                input, program: folder.program(of: input),
                digest: sources.inputPrograms[input.name] ?? "",
                willFetch: { report(.fetching(input: input.description)) })
            arguments += ["--directory", place, input.description]
        }
        try await Tool.run("tar", arguments, deadlineSeconds: 600)
        return path
    }

    private func takeLock() throws -> FileLock {
        do {
            return try FileLock.take("\(cache)/lock", holder: "images build, process \(getpid())")
        } catch let held as FileLock.Held {
            throw ImageError(cache, "in use by \(held.holder); wait for it to end")
        }
    }

    private func tag(of name: String) -> String { "\(prefix)/\(name):latest" }
}
