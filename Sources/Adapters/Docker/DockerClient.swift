internal import FoundationEssentials
internal import UnixHTTP

/// The Docker Engine's API on a unix socket, as far as modplan uses it.
///
/// Source: Docker Engine API v1.41, https://docs.docker.com/engine/api/v1.41/. Every operation takes
/// the longest time it may last; unless its documentation says otherwise that is from the request
/// to the end of the answer.
package struct DockerClient: Sendable {
    package static let defaultSocketPath = "/var/run/docker.sock"
    /// The version Debian 12's engine speaks; later engines speak it as well.
    package static let apiVersion = "1.41"

    package let socketPath: String
    /// Called with the method and the path of every request, before it is sent.
    package let onRequest: (@Sendable (_ method: String, _ path: String) -> Void)?
    private let http: UnixHTTPClient

    package init(
        socketPath: String = DockerClient.defaultSocketPath,
        onRequest: (@Sendable (_ method: String, _ path: String) -> Void)? = nil
    ) {
        self.socketPath = socketPath
        self.onRequest = onRequest
        http = UnixHTTPClient(socketPath: socketPath)
    }
}

/// One request to the engine, with the words in which its failure is reported.
struct Call: Sendable {
    var operation: String
    var subject = ""
    var request: HTTPRequest
    /// The largest answer accepted, in bytes.
    var limit = 16 << 20

    init(
        _ operation: String, _ subject: String = "", _ method: HTTPRequest.Method, _ path: String,
        query: [HTTPRequest.Parameter] = [], body: HTTPRequest.Body = .none
    ) {
        self.operation = operation
        self.subject = subject
        request = HTTPRequest(
            method, "/v\(DockerClient.apiVersion)\(path)", query: query, body: body)
    }

    func failure(_ message: String, status: Int? = nil) -> DockerError {
        DockerError(operation: operation, subject: subject, status: status, message: message)
    }
}

extension DockerClient {
    /// Sends a call; any status but a success, or 304 (nothing to do), is an error.
    @discardableResult
    func send(
        _ call: Call, within duration: Duration
    ) async throws(DockerError) -> HTTPResponse {
        onRequest?(call.request.method.rawValue, call.request.path)
        let response: HTTPResponse
        do {
            response = try await http.send(call.request, limit: call.limit, within: duration)
        } catch {
            throw DockerError(error, call: call, socketPath: socketPath)
        }
        try Self.check(response, of: call)
        return response
    }

    /// Sends a call and decodes the JSON it is answered with.
    func fetch<Value: Decodable>(
        _ type: Value.Type, _ call: Call, within duration: Duration
    ) async throws(DockerError) -> Value {
        try Self.decode(type, from: await send(call, within: duration).body, of: call)
    }

    /// Sends a call and lends its body to `read` as it comes, if its status is a success.
    func stream<Result: Sendable>(
        _ call: Call, _ deadline: Deadline, read: (ResponseBody) async throws -> Result
    ) async throws -> Result {
        onRequest?(call.request.method.rawValue, call.request.path)
        do {
            return try await http.withResponse(to: call.request, deadline) { status, body in
                guard 200..<300 ~= status else {
                    let text = try await body.collect(upTo: call.limit)
                    try Self.check(HTTPResponse(status: status, body: text), of: call)
                    throw call.failure("the engine answered with status \(status)", status: status)
                }
                return try await read(body)
            }
        } catch let error as UnixHTTPError {
            throw DockerError(error, call: call, socketPath: socketPath)
        }
    }

    private static func check(
        _ response: HTTPResponse, of call: Call
    ) throws(DockerError) {
        guard !(200..<300 ~= response.status), response.status != 304 else { return }
        let body = Data(response.body)
        let message =
            (try? JSONDecoder().decode(EngineMessage.self, from: body))?.message
            ?? String(decoding: response.body.prefix(1024), as: UTF8.self)
        throw call.failure(
            message.isEmpty ? "the engine answered with status \(response.status)" : message,
            status: response.status)
    }

    static func decode<Value: Decodable>(
        _ type: Value.Type, from bytes: some Collection<UInt8>, of call: Call
    ) throws(DockerError) -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch {
            throw call.failure("the engine's answer is not as documented: \(error)")
        }
    }
}

/// The body of an error.
private struct EngineMessage: Decodable {
    var message: String
}
