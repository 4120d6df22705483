import FoundationEssentials
import Glibc
package import Host

extension StateStore {
    /// Takes an app's lock, waiting for at most so many seconds.
    ///
    /// - Throws: `LockedError`, which names the holder.
    package func lock(
        _ app: String, operation: String, waitSeconds: Int = 0
    ) async throws -> FileLock {
        try makeFolders("\(directory)/locks", mode: 0o700)
        let holder =
            "\(userName()), pid \(getpid()) on \(hostName()), \(operation) since "
            + Date().formatted(.iso8601)
        var waited = 0.0
        while true {
            do {
                return try FileLock.take("\(directory)/locks/\(app).lock", holder: holder)
            } catch let held as FileLock.Held {
                guard waited < Double(waitSeconds) else {
                    throw LockedError(app: app, holder: held.holder)
                }
                try await Task.sleep(for: .milliseconds(100))
                waited += 0.1
            }
        }
    }
}

private func userName() -> String {
    guard let entry = getpwuid(getuid()) else { return "uid \(getuid())" }
    return String(cString: entry.pointee.pw_name)
}

private func hostName() -> String {
    var name = [CChar](repeating: 0, count: 256)
    guard gethostname(&name, name.count - 1) == 0 else { return "this host" }
    return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
