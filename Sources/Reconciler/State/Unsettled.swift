package import Planning

// An empty file an instance, made before it is changed and removed once it was seen ready: what
// lies on the volume cannot say whether supervisord has taken it up. Beside the volumes, for labels
// cannot say it either.

extension StateStore {
    package func markUnsettled(_ app: String, instance: Int) throws {
        let path = "unsettled/\(app).\(instance)"
        guard try records.size(path) == nil else { return }
        try records.replace(path, [])
    }

    package func settle(_ app: String, instance: Int) throws {
        try records.remove("unsettled/\(app).\(instance)")
    }

    package func unsettled() throws -> Set<Address> {
        Set(
            try records.names(in: "unsettled").compactMap { name in
                let parts = name.split(separator: ".").map(String.init)
                guard parts.count == 2, let number = Int(parts[1]) else { return nil }
                return .instance(app: parts[0], number: number)
            })
    }
}
