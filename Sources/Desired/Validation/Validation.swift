/// Decodes all definitions of an installation and checks them against each other.
///
/// - Parameter files: each app's file, its path as diagnostics name it.
/// - Returns: the apps sorted by name, or every mistake of every file sorted by file and line.
package func validate(
    files: [(path: String, bytes: [UInt8])]
) -> Result<[AppDefinition], Diagnostics> {
    var apps: [LocatedApp] = []
    var diagnostics: [Diagnostic] = []
    for file in files {
        switch locateApp(file.bytes, file: file.path) {
        case .success(let app): apps.append(app)
        case .failure(let failure): diagnostics += failure.list
        }
    }
    // Sorted, so that which of two apps is told about the other does not hang on the input's order.
    apps.sort { ($0.app.name, $0.file) < ($1.app.name, $1.file) }
    diagnostics += duplicateNames(apps) + sharedPorts(apps)
    guard diagnostics.isEmpty else { return .failure(Diagnostics(diagnostics)) }
    return .success(apps.map(\.app))
}

private func duplicateNames(_ apps: [LocatedApp]) -> [Diagnostic] {
    zip(apps, apps.dropFirst()).compactMap { first, second in
        guard first.app.name == second.app.name else { return nil }
        return Diagnostic(
            file: second.file, line: second.start.line, column: second.start.column, path: "app",
            message: "the app '\(second.app.name)' is defined in \(first.file) too")
    }
}

/// Instance n of an app takes the port `publish + n` of the host: no two may take the same one.
private func sharedPorts(_ apps: [LocatedApp]) -> [Diagnostic] {
    struct Pair: Hashable {
        var first: Int
        var second: Int
    }
    var takers: [Int: [(index: Int, instance: Int, host: String)]] = [:]
    var reported: Set<Pair> = []
    var diagnostics: [Diagnostic] = []
    for (index, located) in apps.enumerated() {
        guard let publish = located.app.run.publish else { continue }
        for instance in 0..<located.app.run.instances {
            let port = publish.port + instance
            for other in takers[port, default: []] where overlap(other.host, publish.host) {
                let pair = Pair(first: other.index, second: index)
                guard other.index != index, reported.insert(pair).inserted else { continue }
                let first = apps[other.index]
                diagnostics.append(
                    Diagnostic(
                        file: located.file, line: located.publish.line,
                        column: located.publish.column, path: "run.publish",
                        message: "\(publish.host):\(port), for instance \(instance) of "
                            + "'\(located.app.name)', is already published by instance "
                            + "\(other.instance) of '\(first.app.name)' (\(first.file):"
                            + "\(first.publish.line):\(first.publish.column))"))
            }
            takers[port, default: []].append((index, instance, publish.host))
        }
    }
    return diagnostics
}

/// 0.0.0.0 is every address.
private func overlap(_ left: String, _ right: String) -> Bool {
    left == right || left == "0.0.0.0" || right == "0.0.0.0"
}
