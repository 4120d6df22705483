import Foundation

@testable import State

/// Runs the body on a folder of its own, which is removed afterwards.
func withFolder<Result>(_ body: (String) async throws -> Result) async throws -> Result {
    let folder = try makeFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try await body(folder)
}

func withFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
    let folder = try makeFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try body(folder)
}

private func makeFolder() throws -> String {
    let folder = FileManager.default.temporaryDirectory.appending(path: "modplan-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
    return folder.path
}

func bytes(_ path: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(filePath: path)))
}

func write(_ text: String, to name: String, in folder: String) throws {
    let file = URL(filePath: folder).appending(path: name)
    try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: file)
}

func entry(_ step: String, _ event: JournalEntry.Event = .intent) -> JournalEntry {
    JournalEntry(
        event: event, at: "2026-11-23T14:02:05Z", plan: "digest", step: step,
        kind: "start-container", message: event == .failed ? "line\nbreak" : nil)
}

extension StateStore {
    /// Its records lie in a folder beside the state's own.
    init(directory: String, installation: String) {
        self.init(
            files: HostStateFiles(directory), records: HostStateFiles("\(directory)/records"),
            installation: installation
        ) { "epoch" }
    }
}
