internal import CLinux
internal import Glibc
internal import UnixHTTP

/// Reads program states from a supervisord whose socket lies on an app's own volume.
///
/// The app can put anything there, a link to another service's socket included. So the socket is
/// found beneath the mount without following links, connected to through its descriptor, and what it
/// says is bounded in size, depth and time.
package struct SupervisorReader: Sendable {
    private static let answerLimitBytes = 256 << 10
    private static let programLimit = 64

    /// Where the app's volume is mounted on the host.
    package let mountPoint: String
    /// Relative to the mount point.
    package let socket: String

    package init(mountPoint: String, socket: String = "home/supervisor.sock") {
        self.mountPoint = mountPoint
        self.socket = socket
    }

    /// The states of all programs, event listeners included, in supervisord's order:
    /// `supervisor.getAllProcessInfo` of http://supervisord.org/api.html.
    package func programs(
        within duration: Duration = .seconds(2)
    ) async throws(SupervisorError) -> [ProgramInfo] {
        let descriptor = try findSocket()
        // Until the answer is here: the path below names it only while it is open.
        defer { close(descriptor) }
        let request = HTTPRequest(
            .post, "/RPC2",
            body: .bytes(
                XMLRPCResponse.call("supervisor.getAllProcessInfo"), contentType: "text/xml"))
        let response: HTTPResponse
        do {
            response = try await UnixHTTPClient(socketPath: "/proc/self/fd/\(descriptor)")
                .send(request, limit: Self.answerLimitBytes, within: duration)
        } catch {
            throw failure(Self.kind(of: error), error.detail)
        }
        guard response.status == 200 else {
            throw failure(.malformed, "it answers with status \(response.status)")
        }
        return try programs(in: response.body)
    }

    /// A descriptor that says which socket is meant, and opens nothing.
    private func findSocket() throws(SupervisorError) -> CInt {
        let directory = open(mountPoint, MODPLAN_O_PATH | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw notFound(errno) }
        defer { close(directory) }
        let resolve =
            MODPLAN_RESOLVE_BENEATH | MODPLAN_RESOLVE_NO_SYMLINKS | MODPLAN_RESOLVE_NO_XDEV
        let descriptor = modplan_openat2(
            directory, socket, MODPLAN_O_PATH | O_NOFOLLOW | O_CLOEXEC, 0, UInt64(resolve))
        guard descriptor >= 0 else { throw notFound(errno) }
        var attributes = stat()
        guard fstat(descriptor, &attributes) == 0, attributes.st_mode & S_IFMT == S_IFSOCK else {
            close(descriptor)
            throw notFound(ENOTSOCK)
        }
        return descriptor
    }

    private func notFound(_ code: CInt) -> SupervisorError {
        let detail = String(cString: strerror(code)).lowercased()
        return switch code {
        case ENOENT, ENOTDIR: failure(.absent, detail)
        case ELOOP, EXDEV, ENOTSOCK: failure(.unsafe, "no socket of the app's own: \(detail)")
        default: failure(.unreachable, detail)
        }
    }

    private func programs(in body: [UInt8]) throws(SupervisorError) -> [ProgramInfo] {
        switch XMLRPCResponse(parsing: body) {
        case .value(.array(let elements)) where elements.count <= Self.programLimit:
            let programs = elements.compactMap(ProgramInfo.init)
            guard programs.count == elements.count else { break }
            return programs
        case .fault(let code, let message):
            throw failure(.malformed, "fault \(code): \(message)")
        default: break
        }
        throw failure(.malformed, "its answer is no list of programs")
    }

    private func failure(_ kind: SupervisorError.Kind, _ detail: String) -> SupervisorError {
        SupervisorError(kind: kind, subject: "\(mountPoint)/\(socket)", detail: detail)
    }

    private static func kind(of error: UnixHTTPError) -> SupervisorError.Kind {
        switch error.kind {
        case .unreachable, .transport: .unreachable
        case .timeout: .timeout
        case .malformed, .tooLarge: .malformed
        case .cancelled: .cancelled
        }
    }
}
