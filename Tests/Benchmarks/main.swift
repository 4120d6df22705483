import Desired
import Git
import Glibc
import Planning

// What one function costs, without the process around it:
//
//     benchmarks plan APPS…                       the planner over generated hosts
//     benchmarks definitions REPOSITORY FOLDER    from git to checked definitions
//
// Many runs in one process each; `packaging/bench` makes what they read.

do {
    let arguments = Array(CommandLine.arguments.dropFirst())
    switch (arguments.first, arguments.count) {
    case ("plan", 2...): try measurePlan(arguments.dropFirst().compactMap { Int($0) })
    case ("definitions", 3): try measureDefinitions(in: arguments[1], folder: arguments[2])
    default:
        print("usage: benchmarks plan APPS… | definitions REPOSITORY FOLDER")
        exit(2)
    }
} catch {
    print("benchmarks: \(error)")
    exit(1)
}

func measurePlan(_ sizes: [Int]) throws {
    for size in sizes {
        var host = try GeneratedHost(apps: size)
        for what in ["in sync", "one change"] {
            if what == "one change" { host.edit() }
            let found = try plan(host.input)
            guard found.changes.count == (what == "in sync" ? 0 : 1), found.drift.isEmpty else {
                throw BenchmarkError("\(size) apps, \(what): \(found.text)")
            }
            let times = try Times(runs: max(9, min(50, 100_000 / max(size, 1)))) {
                _ = try plan(host.input)
            }
            let perApp = times.median * 1000 / Double(size)
            printRow("plan() of \(size) apps, \(what)", times, "\(text(perApp)) µs an app")
        }
    }
}

/// All that `validate` does but for its process: the repository is opened each time.
func measureDefinitions(in path: String, folder: String) throws {
    var count = 0
    let times = try Times(runs: 15) {
        let repository = try Repository(at: path)
        let tree = try repository.treeId(of: try repository.resolve("HEAD"), at: folder)
        let files = try repository.files(
            in: tree, suffix: ".yaml", limits: FileLimits(bytesPerFile: 64 << 10))
        count = try validate(files: files.map { ("\(folder)/\($0.name)", $0.bytes) }).get().count
    }
    printRow("\(count) definitions from git, checked", times)
}

struct BenchmarkError: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
}
