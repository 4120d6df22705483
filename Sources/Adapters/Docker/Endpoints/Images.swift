internal import UnixHTTP

extension DockerClient {
    /// Images that carry all of `labels` (`key` or `key=value`): `GET /images/json`.
    /// The engine answers late while it commits or removes images: more than 10 s were seen.
    package func images(
        labels: [String] = [], within duration: Duration = .seconds(60)
    ) async throws(DockerError) -> [ImageSummary] {
        let operation = "list images"
        let query = try labelFilter(labels, of: operation)
        let call = Call(operation, "", .get, "/images/json", query: query)
        return try await fetch([ImageSummary]?.self, call, within: duration) ?? []
    }

    /// `GET /images/{reference}/json`.
    /// - Parameter reference: an id or a name with tag.
    package func inspectImage(
        _ reference: String, within duration: Duration = .seconds(10)
    ) async throws(DockerError) -> Image {
        let operation = "inspect image"
        let path = "/images/\(try pathSegment(reference, of: operation))/json"
        return try await fetch(Image.self, Call(operation, reference, .get, path), within: duration)
    }

    /// `POST /images/{reference}/tag`.
    package func tagImage(
        _ reference: String, repository: String, tag: String,
        within duration: Duration = .seconds(10)
    ) async throws(DockerError) {
        let operation = "tag image"
        let path = "/images/\(try pathSegment(reference, of: operation))/tag"
        let query: [HTTPRequest.Parameter] = [.init("repo", repository), .init("tag", tag)]
        try await send(Call(operation, reference, .post, path, query: query), within: duration)
    }

    /// Removes a tag, and the image with its last one: `DELETE /images/{reference}`.
    /// - Throws: a conflict while a container uses the image.
    package func removeImage(
        _ reference: String, force: Bool = false, within duration: Duration = .seconds(60)
    ) async throws(DockerError) {
        let operation = "remove image"
        let path = "/images/\(try pathSegment(reference, of: operation))"
        let query: [HTTPRequest.Parameter] = force ? [.init("force", "true")] : []
        try await send(Call(operation, reference, .delete, path, query: query), within: duration)
    }
}
