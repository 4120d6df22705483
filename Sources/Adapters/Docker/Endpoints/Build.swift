internal import FoundationEssentials
internal import UnixHTTP

extension DockerClient {
    /// Builds an image with the engine's own builder: `POST /build`. Progress is handed on as it
    /// comes; a slow `onProgress` slows the build down. A build that another's removal of an image
    /// broke is made again, at most twice.
    /// - Returns: the image's id.
    /// - Throws: `DockerError`: a failing instruction's own message, or how the exchange failed.
    @discardableResult
    package func buildImage(
        _ spec: BuildSpec, within duration: Duration,
        onProgress: (BuildProgress) throws -> Void = { _ in }
    ) async throws -> String {
        let operation = "build image"
        let call = Call(
            operation, spec.tag ?? "", .post, "/build", query: try spec.query(of: operation),
            body: .file(path: spec.contextPath, contentType: "application/x-tar"))
        for _ in 0..<2 {
            do {
                return try await build(call, within: duration, onProgress: onProgress)
            } catch let error as DockerError where error.lostAnotherImage { continue }
        }
        return try await build(call, within: duration, onProgress: onProgress)
    }

    private func build(
        _ call: Call, within duration: Duration, onProgress: (BuildProgress) throws -> Void
    ) async throws -> String {
        try await stream(call, .within(duration)) { body in
            var id: String?
            for try await message in documents(BuildMessage.self, in: body, of: call) {
                if let text = message.errorDetail?.message ?? message.error {
                    throw call.failure(text)
                }
                if let text = message.stream { try onProgress(.output(text)) }
                if let text = message.status { try onProgress(.status(text)) }
                id = message.aux?.id ?? id
            }
            guard let id else { throw call.failure("the engine's answer names no image") }
            return id
        }
    }
}

extension DockerError {
    /// The engine lists the images that a cached step may be and then reads each: it fails where one,
    /// of whatever build, was removed in between.
    fileprivate var lostAnotherImage: Bool { message.hasPrefix("unable to find image ") }
}

extension BuildSpec {
    fileprivate func query(of operation: String) throws(DockerError) -> [HTTPRequest.Parameter] {
        var query: [HTTPRequest.Parameter] = [
            .init("dockerfile", dockerfile),
            .init("rm", "true"),
            // Without it a failed build leaves its container behind.
            .init("forcerm", "true"),
            try jsonParameter("labels", labels, of: operation),
            try jsonParameter("buildargs", arguments, of: operation),
        ]
        if let tag { query.append(.init("t", tag)) }
        if let networkMode { query.append(.init("networkmode", networkMode)) }
        if let target { query.append(.init("target", target)) }
        if !usesCache { query.append(.init("nocache", "true")) }
        return query
    }
}

/// One document of a build's answer; each holds one of these.
private struct BuildMessage: Decodable, Sendable {
    var stream: String?
    var status: String?
    var error: String?
    var errorDetail: Detail?
    var aux: Aux?

    struct Detail: Decodable, Sendable {
        var message: String?
    }

    struct Aux: Decodable, Sendable {
        var id: String?

        enum CodingKeys: String, CodingKey { case id = "ID" }
    }
}
