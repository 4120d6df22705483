import NIOCore
import NIOHTTP1
import NIOPosix

#if canImport(Glibc)
    import Glibc
#endif

/// Why a local service gave no usable response. An unwelcome status is a response: what it means
/// is for the caller to say.
package struct UnixHTTPError: Error, Equatable, CustomStringConvertible {
    package enum Kind: Sendable, Equatable {
        /// Nothing accepts connections at the socket.
        case unreachable
        /// The connection broke, or the request's body could not be read.
        case transport
        case timeout
        /// What came is not HTTP.
        case malformed
        /// The response is larger than its bound.
        case tooLarge
        /// The task was cancelled; the connection is closed.
        case cancelled
    }

    package var kind: Kind
    /// For example `GET /containers/json`.
    package var request: String
    package var detail: String

    package init(_ kind: Kind, request: String, detail: String) {
        self.kind = kind
        self.request = request
        self.detail = detail
    }

    package var description: String { "\(request): \(detail)" }
}

extension UnixHTTPError {
    /// Names what went wrong on an open connection.
    static func wrapping(_ error: any Error, request: String) -> UnixHTTPError {
        switch error {
        case let error as UnixHTTPError: error
        case is CancellationError: UnixHTTPError(.cancelled, request: request, detail: "cancelled")
        case let error as HTTPParserError:
            UnixHTTPError(.malformed, request: request, detail: "malformed response: \(error)")
        case let error as IOError:
            UnixHTTPError(.transport, request: request, detail: text(of: error.errnoCode))
        case ResponseParser.Failure.malformed(let what):
            UnixHTTPError(.malformed, request: request, detail: "malformed response: \(what)")
        case let error as SocketError:
            UnixHTTPError(
                .transport, request: request,
                detail: error.code.map(text) ?? "the service closed the connection too early")
        default: UnixHTTPError(.transport, request: request, detail: "connection lost: \(error)")
        }
    }

    /// Names why there is no connection.
    static func unreachable(_ error: any Error, request: String) -> UnixHTTPError {
        let detail =
            switch error {
            case let error as IOError: text(of: error.errnoCode)
            case let error as SocketError where error.code != ENAMETOOLONG:
                error.code.map(text) ?? "closed"
            case is SocketError, SocketAddressError.unixDomainSocketPathTooLong:
                "the socket's path is longer than 107 bytes"
            default: "\(error)"
            }
        return UnixHTTPError(.unreachable, request: request, detail: detail)
    }

    private static func text(of code: CInt) -> String {
        String(cString: strerror(code)).lowercased()
    }
}
