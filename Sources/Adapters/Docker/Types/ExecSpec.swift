/// A command to run in a running container.
package struct ExecSpec: Sendable, Equatable {
    package var command: [String]
    /// `uid:gid`; there is no default, because the engine's is the image's user.
    package var user: String
    package var environment: [String: String] = [:]
    package var workingDirectory: String?
    /// Bytes kept of stdout and of stderr each; what follows is read and dropped.
    package var outputLimit = 64 << 10

    package init(_ command: [String], user: String) {
        self.command = command
        self.user = user
    }
}

/// How a command ended. Its output is hostile.
package struct ExecResult: Sendable, Equatable {
    package var exitCode: Int
    package var stdout: [UInt8]
    package var stderr: [UInt8]
    /// Whether output past the limit was dropped.
    package var isTruncated: Bool

    package init(
        exitCode: Int, stdout: [UInt8] = [], stderr: [UInt8] = [], isTruncated: Bool = false
    ) {
        self.exitCode = exitCode
        self.stdout = stdout
        self.stderr = stderr
        self.isTruncated = isTruncated
    }
}
