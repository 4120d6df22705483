import Desired
import Foundation
import Glibc
import Host
import Planning
import State

// What modplan does to its state, in a process of its own, so that a test can end it or make a call
// of its fail at any system call: StateWriter FOLDER SCENARIO.
//
// The calls in question lie between two that nothing else makes, `access` of /begin and of /end.

let arguments = CommandLine.arguments
guard arguments.count == 3 else { exit(64) }
let folder = arguments[1]
let store = StateStore(
    files: HostStateFiles("\(folder)/state"), records: HostStateFiles("\(folder)/records"),
    installation: "test"
) { "epoch" }

do {
    // Loads what libcrypto reads at its first use.
    _ = try store.journal(of: "none")
    _ = ContentDigest.hexadecimal(of: [])
    access("/begin", F_OK)
    try run(arguments[2])
    access("/end", F_OK)
} catch {
    access("/end", F_OK)
    FileHandle.standardError.write(Data("\(error)\n".utf8))
    exit(1)
}

func run(_ scenario: String) throws {
    switch scenario {
    case "write":
        try makeFolders("\(folder)/state/locks", mode: 0o700)
        let lock = try FileLock.take("\(folder)/state/locks/web.lock", holder: "the writer")
        defer { withExtendedLifetime(lock) {} }
        try store.append(entry(.intent), to: "web")
        try store.markUnsettled("web", instance: 0)
        try store.update("web") {
            $0.applied = "new"
            $0.releases.append(release($0.releases.count + 1))
        }
        try store.count([event("2.json")], of: "web")
        try store.append(entry(.done), to: "web")
        try store.settle("web", instance: 0)
    case "append": try store.append(entry(.done), to: "web")
    case "forget": try store.forget("web")
    case "rebuild": _ = try store.rebuild(AppState(app: "web", applied: "new"))
    case "read": try read()
    default: exit(64)
    }
}

/// All that a plan reads, in one form.
func read() throws {
    let states = try store.states()
    let text = [
        "\(states.apps.sorted { $0.key < $1.key })", "\(states.unreadable.count) unreadable",
        "\(states.ledgers.sorted { $0.key < $1.key })",
        "\(try store.unsettled().map(\.description))",
        "\(try store.journal(of: "web"))",
    ]
    FileHandle.standardOutput.write(Data(text.joined(separator: "\n").utf8))
}

func entry(_ event: JournalEntry.Event) -> JournalEntry {
    JournalEntry(
        event: event, at: "2026-11-23T14:02:05Z", plan: "digest", step: "new",
        kind: "start-container")
}

func event(_ file: String) -> Ledger.Event {
    Ledger.Event(file: file, instance: 0, kind: "crash", at: "t", counts: true)
}

func release(_ number: Int) -> Release {
    Release(
        number: number, commit: "c", subject: "a/b", tree: "t", artifact: "a", buildImage: "i",
        runImage: "r")
}
