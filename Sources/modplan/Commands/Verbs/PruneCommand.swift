import ArgumentParser
import Desired
import Execution
import Planning
import State

struct PruneCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune", abstract: "Remove what nothing needs any more.",
        discussion: """
            Leftovers of builds, artifacts and images of no release, and volumes that no instance is \
            on; then the mounted volumes give back what was freed on them. A plan like any other: it \
            is shown first. What a running command is at is left alone, and so are the artifacts and \
            images of each app's last \(PlanningInput.keptReleases) releases. Data is none of it: with --storage APP, that app's storage that no instance has \
            any more is removed, and nothing else; the plan shows its size and age.
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var options: ExecutionOptions
    @Option(
        help: "Remove the storage of this app that no instance has, and nothing else.",
        completion: .apps)
    var storage: String?
    @Option(
        help: "Save the plan, for 'modplan apply FILE', and remove nothing.", completion: .file())
    var out: String?

    func validate() throws {
        guard storage == nil || out == nil else {
            throw ValidationError("--storage: goes not with --out")
        }
    }

    func run() async throws {
        let installation = try Installation(common)
        if let storage {
            return try await ApplySession(installation, try options.session)
                .run(apps: [storage], purpose: .pruneStorage)
        }
        if let out {
            let plan = try Planning.plan(
                try await installation.applier.input(apps: [], purpose: .prune))
            try savePlan(plan, to: out)
            return try show(plan, json: options.json)
        }
        try await ApplySession(installation, try options.session).run(purpose: .prune)
        // Each key has a lock of its own, of which so many would gather.
        let artifacts = Naming(installation: installation.file.installation).artifactPrefix
        try installation.locks.removeUnheld(prefix: artifacts)
    }
}
