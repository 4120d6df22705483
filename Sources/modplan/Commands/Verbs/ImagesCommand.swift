import ArgumentParser
import Desired
import Docker
import Execution
import Host
import Planning

struct ImagesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "images", abstract: "Build or list the images of the standard.",
        subcommands: [ImagesBuild.self, ImagesList.self])
}

struct ImagesBuild: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "build", abstract: "Build what is missing or changed, parents first.")

    @OptionGroup var common: CommonOptions
    @OptionGroup var source: ImageSourceOptions
    @Option(help: "An image that stands in for the tree's own root.") var root: String?
    @Option(help: "Where fetched inputs are kept.") var cache = ImageBuilder.defaultCache
    @Flag(help: "Show what the builds print.") var verbose = false

    func run() async throws {
        let installation = try Installation(common)
        let builder = try source.builder(installation, cache: cache)
        let isVerbose = verbose
        let tail = BuildOutput()
        do {
            try await builder.build(root: root) { event in
                switch event {
                case .kept(let image, _): Output.chatter("  \(image)  is current")
                case .fetching(let input): Output.chatter("  \(input)  fetching …")
                case .building(let image, let reason):
                    tail.clear()
                    Output.chatter("  \(image)  building, \(reason.rawValue) …")
                case .output(let image, let text):
                    for line in tail.add(text) where isVerbose {
                        Output.chatter("  \(image) │ \(line)")
                    }
                case .built(let image, _, let duration):
                    Output.chatter("  \(image)  built in \(tenths(duration / .seconds(1))) s")
                }
            }
        } catch {
            if !isVerbose { for line in tail.lines { Output.chatter("  │ \(line)") } }
            throw error
        }
    }
}

struct ImagesList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the images, and which would be rebuilt.")

    @OptionGroup var common: CommonOptions
    @OptionGroup var source: ImageSourceOptions
    @Flag(help: "Print one JSON document.") var json = false

    private struct Document: Encodable {
        struct Image: Encodable {
            var image: String
            var status: String
            var id: String?
            var input: String
            /// In bytes, those of its parents included.
            var size: Int64?
        }

        var formatVersion = 1
        var images: [Image]
    }

    func run() async throws {
        let installation = try Installation(common)
        let steps = try await source.builder(installation, cache: ImageBuilder.defaultCache).plan()
        let summaries = try await installation.engine.images(labels: [ImageBuilder.inputLabel])
        let sizes = Dictionary(summaries.map { ($0.id, $0.size) }, uniquingKeysWith: { $1 })
        let images = steps.map { step in
            switch step.action {
            case .keep(let id):
                Document.Image(
                    image: step.image.name, status: "current", id: id, input: step.inputDigest,
                    size: sizes[id])
            case .build(let reason):
                Document.Image(
                    image: step.image.name, status: reason.rawValue, id: nil,
                    input: step.inputDigest)
            }
        }
        if json {
            try Output.json(Document(images: images))
        } else {
            let rows = images.map {
                [
                    $0.image, $0.status,
                    ($0.id ?? "-").replacing("sha256:", with: "").prefix(12).description,
                    $0.size.map { "\($0 / 1_000_000) MB" } ?? "-",
                ]
            }
            Output.result(aligned([["IMAGE", "STATUS", "ID", "SIZE"]] + rows))
        }
    }
}

struct ImageSourceOptions: ParsableArguments {
    @Option(
        help: "The checkout of modplan whose images/ to build; default: the host file's folder.")
    var checkout: String?

    func builder(_ installation: Installation, cache: String) throws -> ImageBuilder {
        ImageBuilder(
            docker: installation.engine,
            folder: try ImageFolder(
                checkout: checkout.map(absolutePath) ?? installation.folder),
            cache: absolutePath(cache), prefix: installation.file.images,
            installation: installation.file.installation)
    }
}

/// The last lines that a build printed, made safe for a terminal.
private final class BuildOutput {
    private(set) var lines: [String] = []
    private var splitter = OutputLines()

    func add(_ text: String) -> [String] {
        let new = splitter.add(Array(text.utf8))
        lines = (lines + new).suffix(30)
        return new
    }

    func clear() { lines = [] }
}
