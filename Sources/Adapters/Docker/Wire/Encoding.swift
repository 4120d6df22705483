internal import FoundationEssentials
internal import UnixHTTP

/// Names in the engine's paths.
///
/// The engine decodes a path and cleans it before it routes it, so a name of dots could reach
/// another resource; `/` in an image's reference stays one.
func pathSegment(
    _ reference: String, of operation: String
) throws(DockerError) -> String {
    let parts = reference.split(separator: "/", omittingEmptySubsequences: false)
    guard !parts.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." }) else {
        throw DockerError(
            operation: operation, subject: "'\(reference)'",
            message: "not a name that the engine can hold")
    }
    return parts.map { HTTPRequest.escaped(String($0)) }.joined(separator: "/")
}

/// The same value gives the same bytes, so that requests compare in tests.
func jsonBytes(
    _ value: some Encodable, of operation: String, _ subject: String = ""
) throws(DockerError) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
        return Array(try encoder.encode(value))
    } catch {
        throw DockerError(
            operation: operation, subject: subject, message: "cannot be written as JSON: \(error)")
    }
}

func jsonBody(
    _ value: some Encodable, of operation: String, _ subject: String = ""
) throws(DockerError) -> HTTPRequest.Body {
    .bytes(
        try jsonBytes(value, of: operation, subject), contentType: "application/json")
}

/// A parameter whose value is JSON: filters, labels, build arguments.
func jsonParameter(
    _ name: String, _ value: some Encodable, of operation: String
) throws(DockerError) -> HTTPRequest.Parameter {
    let bytes = try jsonBytes(value, of: operation)
    return HTTPRequest.Parameter(name, String(decoding: bytes, as: UTF8.self))
}

/// The `filters` parameter that selects by labels: each is `key` or `key=value`, all must match.
func labelFilter(
    _ labels: [String], of operation: String
) throws(DockerError) -> [HTTPRequest.Parameter] {
    guard !labels.isEmpty else { return [] }
    return [try jsonParameter("filters", ["label": labels], of: operation)]
}

/// Whole seconds, rounded up: the engine's unit for stop timeouts.
func wholeSeconds(_ duration: Duration) -> Int64 {
    let (seconds, attoseconds) = duration.components
    return max(0, attoseconds > 0 ? seconds + 1 : seconds)
}
