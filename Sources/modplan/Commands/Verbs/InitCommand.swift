import ArgumentParser
import Host

struct InitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Make a host file, a definitions repository and a first app.",
        usage: "modplan init [FOLDER] [--installation NAME] [--json]")

    @Argument(help: "Where to make them; made if need be.", completion: .directory)
    var folder = "."
    @Option(
        help: "The mark of what is this installation's on the host; default: the folder's name.")
    var installation: String?
    @Flag(help: "Print one JSON document.") var json = false

    func run() async throws {
        let start = try NewInstallation(
            folder: canonicalPath(absolutePath(folder)), name: installation)
        try await start.make()
        let document = InitDocument(start, typed: folder)
        if json {
            try Output.json(document)
        } else {
            Output.result(document.text)
        }
    }
}

struct InitDocument: Encodable {
    var formatVersion = 1
    var folder: String
    var installation: String
    var hostFile: String
    var definitions: String
    var app: String
    /// Where the app answers once it is applied.
    var address: String
    /// The commands to go on with.
    var next: [String]

    init(_ start: NewInstallation, typed: String) {
        folder = start.folder
        installation = start.name
        hostFile = start.hostFile
        definitions = start.definitions
        app = NewInstallation.app
        address = "http://127.0.0.1:\(start.port)/"
        let enter = typed == "." ? [] : ["cd \(quoted(typed))"]
        next =
            enter + ["modplan doctor", "modplan plan", "modplan apply", "curl \(address)"]
    }

    var text: String {
        """
        Made in \(folder):
          modplan.yaml                        the host file, of installation '\(installation)'
          definitions/                        a git repository with a first commit
          definitions/apps/\(app).yaml         an app
          definitions/sources/\(app)           its source, a static page

        What is next:
        \(next.map { "  \($0)" }.joined(separator: "\n"))

        What counts is what is committed in definitions: change, commit, and plan again.

        """
    }
}

/// A word as a shell reads it back.
func quoted(_ word: String) -> String {
    let isPlain = word.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "."),
            UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "+"), UInt8(ascii: ":"),
            UInt8(ascii: "="), UInt8(ascii: "@"), UInt8(ascii: ","):
            true
        default: false
        }
    }
    return isPlain && !word.isEmpty ? word : "'\(word.replacing("'", with: "'\\''"))'"
}
