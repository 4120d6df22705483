import Collection
import Desired
import Docker
import Git
import Glibc
import Host
import Observed
import Planning
import Volumes

/// What one installation needs: its engine, images, repositories, folders, ports and locks.
struct InstallationChecks {
    let installation: Installation
    private var file: HostFile { installation.file }

    func run() async -> [Check] {
        let definitions = try? await installation.readDefinitions().map(\.definition)
        var checks = [await engine(), await definitionsCheck(), await sources()]
        let observed = await installation.collector.collect()
        if case .read(let engine) = observed.engine {
            checks.append(images(definitions ?? [], engine.images))
            checks += ports(definitions ?? [], engine.containers)
        }
        checks.append(folder("state", installation.stateFolder, key: "state"))
        switch file.volumes {
        case .file(let directory):
            checks.append(
                folder("volumes", installation.resolve(directory), key: "volumes.directory"))
        case .lvm(let group, let pool, _):
            checks += HostChecks.toolsOfLVM.map(HostChecks().tool)
            checks.append(Self.pool("\(group)/\(pool)", observed))
        }
        return checks + locks()
    }

    // MARK: Volumes

    /// What is wrong with it names the mend itself.
    static func pool(_ name: String, _ observed: Snapshot) -> Check {
        if let why = observed.volumes.failure { return .problem("thin pool", why, mend: nil) }
        guard let capacity = observed.capacity else {
            return .problem("thin pool", "nothing is known of \(name)", mend: "lvs \(name)")
        }
        if let problem = capacity.problem {
            return .problem(
                "thin pool", "\(name) says '\(problem)'", mend: "lvextend -L +SIZE \(name)")
        }
        if let advice = capacity.advice {
            return .note("thin pool", "\(name): \(advice)")
        }
        return .ok(
            "thin pool",
            "\(name), \(sizeText(capacity.usedBytes)) of \(sizeText(capacity.totalBytes)) taken")
    }

    // MARK: Engine

    private func engine() async -> Check {
        let socket = installation.engine.socketPath
        do {
            let found = try await installation.engine.version()
            return Self.engine(found, at: socket)
        } catch {
            guard error.isEngineMissing else {
                return .problem("engine", "\(error)", mend: "systemctl restart docker")
            }
            return .problem(
                "engine", "nothing answers at \(socket)",
                mend: engineMend)
        }
    }

    private var engineMend: String {
        // The socket is root's, and that of the group docker.
        if !isRoot() { return "sudo modplan doctor" }
        return findTool("dockerd") == nil
            ? "apt-get install -y docker.io" : "systemctl start docker"
    }

    /// 1.41 came with Docker 20.10: private control groups for each container.
    static func engine(_ found: EngineVersion, at socket: String) -> Check {
        let text = "Docker \(found.version), API \(found.apiVersion), at \(socket)"
        let numbers = found.apiVersion.split(separator: ".").compactMap { Int($0) }
        guard numbers.count == 2, (numbers[0], numbers[1]) >= (1, 41) else {
            return .problem(
                "engine", "\(text), is older than 1.41", mend: "install Docker 20.10 or newer")
        }
        return .ok("engine", text)
    }

    private func images(_ definitions: [AppDefinition], _ found: [Observed.Image]) -> Check {
        let checkout =
            (try? hostEntry("\(installation.folder)/images/images.yaml")) == nil
            ? " --checkout <a checkout of modplan>" : ""
        return Self.images(
            definitions, found, prefix: file.images, mend: "modplan images build\(checkout)")
    }

    /// All images that the definitions name.
    static func images(
        _ definitions: [AppDefinition], _ found: [Observed.Image], prefix: String, mend: String
    ) -> Check {
        let names = Set(found.compactMap(\.name))
        let needed = Set(definitions.flatMap { [$0.buildImage, $0.runImage] })
        let missing = needed.subtracting(names).sorted()
        if !missing.isEmpty {
            let list = missing.map { "\(prefix)/\($0)" }.joined(separator: ", ")
            return .problem("images", "not on this host: \(list)", mend: mend)
        }
        if names.isEmpty {
            return .note("images", "none of \(prefix)/… is on this host", mend: mend)
        }
        return .ok("images", "all \(needed.count) that the definitions name, of \(names.count)")
    }

    // MARK: Git

    private func definitionsCheck() async -> Check {
        let name = "definitions"
        let wanted = file.definitions
        do {
            let count = try await installation.readDefinitions().count
            return .ok(
                name,
                "\(count) valid at \(wanted.ref) of \(installation.resolve(wanted.repository))")
        } catch let error as Diagnostics {
            let more = error.list.count > 1 ? " (and \(error.list.count - 1) more)" : ""
            return .problem(
                name, "\(error.list.first.map(\.description) ?? "")\(more)",
                mend: "correct them and commit; 'modplan validate' shows all")
        } catch {
            return .problem(
                name, "\(error)", mend: "correct the repository, or definitions in the host file")
        }
    }

    private func sources() async -> Check {
        do {
            let count = try await installation.desired().count
            return .ok("sources", "\(count) can be read")
        } catch is Diagnostics {
            return .note("sources", "not looked at before the definitions are valid")
        } catch is GitError {
            return .note("sources", "not looked at before the definitions can be read")
        } catch {
            return .problem("sources", "\(error)", mend: "correct source in those definitions")
        }
    }

    // MARK: Folders

    private func folder(_ name: String, _ path: String, key: String) -> Check {
        let existing = nearestExisting(path)
        guard isWritable(existing) else {
            return .problem(
                name, "\(existing) cannot be written",
                mend: "run modplan as root, or give \(key) another place")
        }
        do {
            return Self.space(
                name, path, try freeSpace(existing), policy: file.policy, key: key)
        } catch {
            return .problem(name, "\(error)", mend: "give \(key) another place")
        }
    }

    static func space(
        _ name: String, _ path: String, _ space: FreeSpace, policy: HostFile.Policy, key: String
    ) -> Check {
        let text = "\(path): \(sizeText(space.free)) free, \(space.usedPercent) % used"
        let mend = "free some space there, or give \(key) another place"
        if space.usedPercent >= policy.refusePercent { return .problem(name, text, mend: mend) }
        if space.usedPercent >= policy.warnPercent { return .note(name, text, mend: mend) }
        return .ok(name, text)
    }

    // MARK: Ports

    private func ports(
        _ definitions: [AppDefinition], _ containers: [Observed.Container]
    ) -> [Check] {
        let ours = Set(containers.flatMap(\.settings.ports).compactMap(hostPart))
        return Self.ports(
            definitions, ours: ours, failure: { listenFailure($0, $1) },
            listener: { listener(on: $0) })
    }

    /// - Parameters:
    ///   - ours: `host:port` that a container of ours publishes.
    ///   - failure: why a port cannot be listened on, as `errno`.
    static func ports(
        _ definitions: [AppDefinition], ours: Set<String>, failure: (String, Int) -> Int32?,
        listener: (Int) -> ListeningProcess?
    ) -> [Check] {
        var problems: [Check] = []
        var count = 0
        for definition in definitions {
            guard let publish = definition.run.publish else { continue }
            for port in publish.port..<(publish.port + definition.run.instances) {
                count += 1
                let address = "\(publish.host):\(port)"
                guard !ours.contains(address), let code = failure(publish.host, port) else {
                    continue
                }
                let mend = "change run.publish of \(definition.name)"
                guard code == EADDRINUSE else {
                    problems.append(
                        .problem(
                            "port \(port)",
                            "\(address) of \(definition.name): \(String(cString: strerror(code)))",
                            mend: mend))
                    continue
                }
                let process = listener(port).map { " by pid \($0.pid) (\($0.name))" } ?? ""
                problems.append(
                    .problem(
                        "port \(port)", "\(address) of \(definition.name) is taken\(process)",
                        mend: "end that, or \(mend)"))
            }
        }
        guard problems.isEmpty else { return problems }
        return [.ok("ports", count == 0 ? "none is published" : "\(count) free, or ours already")]
    }

    /// `127.0.0.1:8080` of `127.0.0.1:8080:80`.
    private func hostPart(_ binding: String) -> String? {
        let parts = binding.split(separator: ":")
        return parts.count == 3 ? "\(parts[0]):\(parts[1])" : nil
    }

    // MARK: Locks

    private func locks() -> [Check] {
        do {
            let held = try installation.heldLocks()
            guard !held.isEmpty else { return [.ok("locks", "none is held")] }
            return held.map {
                .note(
                    "lock \($0.name)", "held by \($0.holder)",
                    mend: "wait for it; 'modplan state unlock \($0.name)' says how to end it")
            }
        } catch {
            return [.problem("locks", "\(error)", mend: "give state another place")]
        }
    }
}
