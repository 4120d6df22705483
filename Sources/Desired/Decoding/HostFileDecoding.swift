/// Decodes and validates `modplan.yaml`; every default is filled in.
///
/// - Parameter file: where the bytes come from, as diagnostics name it.
package func decodeHostFile(_ bytes: [UInt8], file: String) -> Decoded<HostFile> {
    let problems = Problems(file: file)
    guard let root = Composer.root(of: bytes, problems: problems) else {
        return .failure(Diagnostics(problems.list))
    }
    var fields = Fields(root, path: "", problems: problems)
    let hostFile = readHostFile(&fields)
    fields.finish()
    guard let hostFile, problems.list.isEmpty else {
        return .failure(Diagnostics(problems.list))
    }
    return .success(hostFile)
}

private func readHostFile(_ fields: inout Fields) -> HostFile? {
    let definitions = readDefinitions(fields.fields("definitions"))
    let installation = fields.required("installation", .name)
    let state = fields.value("state", .hostPath)
    let docker = fields.value("docker", .unixSocket)
    let images = fields.value("images", .imagePrefix)
    let volumes = readVolumes(fields.fields("volumes"), installation: installation ?? "")
    let repositories = readDirectory(fields.fields("repositories"))
    let interval = readInterval(fields.fields("reconcile"))
    let policy = readPolicy(fields.fields("policy"), volumes)
    let notify = fields.node("notify").flatMap {
        readNotify(Fields($0, path: "notify", problems: fields.problems))
    }
    guard let definitions, let installation, let volumes else { return nil }
    var hostFile = HostFile(
        definitions: definitions, installation: installation, volumes: volumes,
        repositoriesDirectory: repositories, policy: policy, notify: notify)
    hostFile.state = state ?? hostFile.state
    hostFile.docker = docker ?? hostFile.docker
    hostFile.images = images ?? hostFile.images
    hostFile.reconcileInterval = interval ?? hostFile.reconcileInterval
    if case .file(let directory) = volumes, isBeneath(directory, hostFile.state) {
        // The state may be deleted at any time; the volumes may not.
        fields.report(
            "volumes.directory \(quoted(directory)) lies beneath it: volumes outlive the state",
            at: "state")
    }
    return hostFile
}

private func readDefinitions(_ fields: consuming Fields) -> HostFile.Definitions? {
    let repository = fields.required("repository", .hostPath)
    let ref = fields.value("ref", .ref) ?? "HEAD"
    let path = fields.value("path", .treePath) ?? ""
    fields.finish()
    return repository.map { HostFile.Definitions(repository: $0, ref: ref, path: path) }
}

private enum Backend: String, CaseIterable {
    case file, lvm
}

private func readVolumes(
    _ fields: consuming Fields, installation: String
) -> HostFile.Volumes? {
    let home = "/var/lib/modplan/\(installation)"
    let backend =
        fields.holds("backend")
        ? fields.value("backend", Expected<Backend>.word("a backend")) : .file
    var volumes: HostFile.Volumes?
    switch backend {
    case .file:
        volumes = .file(directory: fields.value("directory", .hostPath) ?? "\(home)/volumes")
    case .lvm:
        let group = fields.required("group", .volumeGroupName)
        let pool = fields.required("pool", .volumeGroupName)
        let mounts = fields.value("mounts", .hostPath) ?? "\(home)/mounts"
        if let group, let pool { volumes = .lvm(group: group, pool: pool, mounts: mounts) }
    case nil:
        // With the backend in doubt, no key of either is called unknown.
        for key in ["directory", "group", "pool", "mounts"] { _ = fields.node(key) }
    }
    fields.finish()
    return volumes
}

private func readDirectory(_ fields: consuming Fields) -> String? {
    let directory = fields.value("directory", .hostPath)
    fields.finish()
    return directory
}

private func readInterval(_ fields: consuming Fields) -> Interval? {
    let limits = Interval(seconds: 1)...Interval(seconds: 24 * 3600)
    let interval = fields.value("interval", .duration(limits))
    fields.finish()
    return interval
}

private func readPolicy(
    _ fields: consuming Fields, _ volumes: HostFile.Volumes?
) -> HostFile.Policy {
    var policy = volumes.map(HostFile.Policy.init(of:)) ?? HostFile.Policy()
    policy.warnPercent = fields.value("warn", Expected<Int>.percent) ?? policy.warnPercent
    policy.refusePercent = fields.value("refuse", Expected<Int>.percent) ?? policy.refusePercent
    if policy.warnPercent > policy.refusePercent {
        fields.report(
            "warns at \(policy.warnPercent)%, after refusing at \(policy.refusePercent)%: "
                + "expected warn to be the lower", at: "warn")
    }
    if fields.holds("overcommit"), let given = fields.value("overcommit", .overcommit) {
        policy.overcommitPercent = given.percent
    }
    fields.finish()
    return policy
}

private func readNotify(_ fields: consuming Fields) -> HostFile.Notify? {
    let command = fields.node("command").flatMap { readCommand($0, fields.problems) }
    let webhook = fields.value("webhook", .webhook)
    let limits = Interval(seconds: 1)...Interval(seconds: 300)
    let timeout = fields.value("timeout", .duration(limits)) ?? Interval(seconds: 10)
    let retries = fields.value("retries", .integer(0...10)) ?? 3
    switch (fields.holds("command"), fields.holds("webhook")) {
    case (true, true):
        fields.report("command and webhook exclude each other: give one of the two", at: "webhook")
    case (false, false): fields.missing("command", "a list of words (or webhook: an address)")
    default: break
    }
    fields.finish()
    let target = command.map(HostFile.Notify.Target.command) ?? webhook.map { .webhook($0) }
    return target.map { HostFile.Notify(target: $0, timeout: timeout, retries: retries) }
}

/// A program and its arguments, never a line for a shell.
private func readCommand(_ node: Node, _ problems: Problems) -> [String]? {
    let path = "notify.command"
    let word = Expected<String>.text("a word of the command") {
        !$0.isEmpty && !$0.utf8.contains(0)
    }
    switch node.content {
    case .refused: return nil
    case .sequence(let nodes) where !nodes.isEmpty:
        let words = nodes.enumerated().compactMap { index, node in
            word.read(node, path: joinPath(path, "[\(index)]"), problems: problems)
        }
        return words.count == nodes.count ? words : nil
    default:
        problems.report(
            "expected a list of words (for example [/usr/local/bin/notify, --all])", path: path,
            at: node.mark)
        return nil
    }
}

/// Whether one path lies beneath the other as written; an absolute and a relative one are not
/// compared.
private func isBeneath(_ path: String, _ parent: String) -> Bool {
    func parts(_ path: String) -> [Substring] { path.split(separator: "/").filter { $0 != "." } }
    return path.hasPrefix("/") == parent.hasPrefix("/") && parts(path).starts(with: parts(parent))
}
