internal import UnixHTTP

extension DockerClient {
    /// Networks that carry all of `labels` (`key` or `key=value`): `GET /networks`.
    package func networks(
        labels: [String] = [], within duration: Duration = .seconds(10)
    ) async throws(DockerError) -> [Network] {
        let operation = "list networks"
        let query = try labelFilter(labels, of: operation)
        let call = Call(operation, "", .get, "/networks", query: query)
        return try await fetch([Network]?.self, call, within: duration) ?? []
    }

    /// `POST /networks/create`.
    /// - Returns: the network's id.
    /// - Throws: a conflict when the name is taken.
    package func createNetwork(
        _ spec: NetworkSpec, within duration: Duration = .seconds(30)
    ) async throws(DockerError) -> String {
        let operation = "create network"
        let body = try jsonBody(spec, of: operation, spec.name)
        let call = Call(operation, spec.name, .post, "/networks/create", body: body)
        return try await fetch(CreatedID.self, call, within: duration).id
    }

    /// `DELETE /networks/{id}`.
    package func removeNetwork(
        _ network: String, within duration: Duration = .seconds(30)
    ) async throws(DockerError) {
        let operation = "remove network"
        let path = "/networks/\(try pathSegment(network, of: operation))"
        try await send(Call(operation, network, .delete, path), within: duration)
    }
}

/// What every creation is answered with.
struct CreatedID: Decodable {
    var id: String

    enum CodingKeys: String, CodingKey { case id = "Id" }
}
