import Host
import Volumes

/// One deploy's volume steps, from nothing to a run volume that was grown.
///
/// - Parameter removes: and back to nothing.
func deploy(_ store: any VolumeStore, removes: Bool) async throws {
    let size: Int64 = 32 << 20
    try await store.create("w.build", limit: size)
    try await store.mount("w.build")
    try fill(store.mountPoint(of: "w.build"))
    try await store.seal("w.build", folder: "output", renamed: "app", artifact: "w.artifact")
    try await store.snapshot("w.artifact", as: "w.run", limit: size)
    try await store.mount("w.run")
    try await store.unmount("w.run")
    try await store.grow("w.run", limit: 2 * size)
    guard removes else { return }
    try await store.remove("w.run")
    try await store.remove("w.artifact")
}

private func fill(_ path: String) throws {
    let root = try Directory(path: path)
    try root.makeDirectory("output")
    let output = try root.directory("output")
    let content = [UInt8](repeating: 7, count: 1 << 20)
    for number in 0..<4 { try output.create("\(number)", content, mode: 0o644) }
    try root.create("cache", content, mode: 0o644)
}
