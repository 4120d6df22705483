import Host
package import Planning

// An empty file an instance, made before it is changed and removed once it was seen ready: what
// lies on the volume cannot say whether supervisord has taken it up.

extension StateStore {
    private var unsettledFolder: String { "\(directory)/unsettled" }

    package func markUnsettled(_ app: String, instance: Int) throws {
        try makeFolders(unsettledFolder, mode: 0o700)
        let folder = try Directory(path: unsettledFolder)
        guard try folder.attributes("\(app).\(instance)") == nil else { return }
        try folder.create("\(app).\(instance)", [], mode: 0o600)
        try folder.sync()
    }

    package func settle(_ app: String, instance: Int) throws {
        guard try hostEntry(unsettledFolder) != nil else { return }
        try removeHostEntry("\(unsettledFolder)/\(app).\(instance)", folder: false)
    }

    package func unsettled() throws -> Set<Address> {
        guard try hostEntry(unsettledFolder) != nil else { return [] }
        return Set(
            try Directory(path: unsettledFolder).names().compactMap { name in
                let parts = name.split(separator: ".").map(String.init)
                guard parts.count == 2, let number = Int(parts[1]) else { return nil }
                return .instance(app: parts[0], number: number)
            })
    }
}
