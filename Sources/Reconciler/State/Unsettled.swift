package import Planning

// An empty file an instance, made before it is changed and removed once it was seen ready: what
// lies on the volume cannot say whether supervisord has taken it up.

extension StateStore {
    package func markUnsettled(_ app: String, instance: Int) throws {
        let path = "unsettled/\(app).\(instance)"
        guard try files.size(path) == nil else { return }
        try files.replace(path, [])
    }

    package func settle(_ app: String, instance: Int) throws {
        try files.remove("unsettled/\(app).\(instance)")
    }

    package func unsettled() throws -> Set<Address> {
        Set(
            try files.names(in: "unsettled").compactMap { name in
                let parts = name.split(separator: ".").map(String.init)
                guard parts.count == 2, let number = Int(parts[1]) else { return nil }
                return .instance(app: parts[0], number: number)
            })
    }
}
