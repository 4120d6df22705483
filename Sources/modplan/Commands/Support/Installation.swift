import ArgumentParser
import Collection
import Desired
import Docker
import Execution
import FoundationEssentials
import Glibc
import Host
import Planning
import State
import Volumes

/// Options that every command has.
struct CommonOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The host file.",
            discussion: "Default: $MODPLAN_CONFIG, ./modplan.yaml or /etc/modplan/modplan.yaml."),
        completion: .file(extensions: ["yaml"]))
    var config: String?
}

/// One installation: its host file, with every path absolute, and the adapters that it names.
struct Installation: Sendable {
    let file: HostFile
    /// Where it was found, absolute.
    let path: String
    /// The host file's own folder, which relative paths start from.
    let folder: String
    let engine: DockerClient
    let volumes: any VolumeStore
    let store: StateStore
    let locks: FileLocks

    init(_ options: CommonOptions) throws {
        let path = try Self.find(options.config)
        let bytes = try readHostFile(path, limit: 64 << 10)
        file = try decodeHostFile(bytes, file: path).get()
        let absolute = absolutePath(path)
        self.path = absolute
        let folder = canonicalPath(
            String(absolute.prefix(upTo: absolute.lastIndex(of: "/") ?? absolute.endIndex)))
        self.folder = folder
        engine = DockerClient(socketPath: try Self.socketPath(file.docker, folder: folder))
        let records: String
        switch file.volumes {
        case .file(let directory):
            // The kernel's tables of mounts are compared with this path.
            let volumes = canonicalPath(Self.resolve(directory, folder))
            self.volumes = FileVolumes(directory: volumes)
            records = "\(volumes)/records"
        case .lvm(let group, let pool, let mounts):
            let mounts = canonicalPath(Self.resolve(mounts, folder))
            let naming = Naming(installation: file.installation)
            self.volumes = LVMVolumes(group: group, pool: pool, mounts: mounts) { name in
                Self.labels(ofVolume: name, naming)
            }
            // No volume's mount point: their names have dots.
            records = "\(mounts)/records"
        }
        let state = Self.resolve(file.state, folder)
        store = StateStore(
            files: HostStateFiles(state), records: HostStateFiles(records),
            installation: file.installation
        ) { String(UInt64.random(in: .min ... .max), radix: 16) }
        locks = FileLocks("\(state)/locks")
    }

    var collector: Collector {
        Collector(
            engine: engine, volumes: volumes, installation: file.installation,
            imagePrefix: file.images)
    }

    /// What a volume's name says of it, as LVM tags, so that `lvs @modplan.app=blog` finds it.
    private static func labels(ofVolume name: String, _ naming: Naming) -> [String] {
        guard let role = naming.role(ofVolume: name) else { return [] }
        return ["modplan.installation=\(naming.installation)", "modplan.role=\(role.kind)"]
            + (role.app.map { ["modplan.app=\($0)"] } ?? [])
            + (role.release.map { ["modplan.release=\($0)"] } ?? [])
    }

    /// Where the state's files lie.
    var stateFolder: String { resolve(file.state) }

    var buildLogs: BuildLogs { BuildLogs(folder: "\(stateFolder)/builds") }

    func resolve(_ path: String) -> String { Self.resolve(path, folder) }

    /// Where a source's repository lies on this host.
    func repositoryPath(_ repository: SourceReference.Repository) throws -> String {
        switch repository {
        case .definitions: return resolve(file.definitions.repository)
        case .named(let name):
            guard let directory = file.repositoriesDirectory else {
                throw UsageError(
                    "source.repository: '\(name)' needs repositories.directory in the host file")
            }
            let path = "\(resolve(directory))/\(name)"
            let bare = "\(path).git"
            return try hostEntry(path) == nil && hostEntry(bare) != nil ? bare : path
        }
    }

    private static func find(_ option: String?) throws -> String {
        if let option { return option }
        if let variable = getenv("MODPLAN_CONFIG"), variable.pointee != 0 {
            return String(cString: variable)
        }
        let places = ["modplan.yaml", "/etc/modplan/modplan.yaml"]
        for place in places where try hostEntry(place) != nil { return place }
        throw UsageError(
            "no host file: looked for ./modplan.yaml and /etc/modplan/modplan.yaml; give one with "
                + "--config FILE or $MODPLAN_CONFIG")
    }

    private static func resolve(_ path: String, _ folder: String) -> String {
        if path.hasPrefix("/") { return path }
        return path == "." ? folder : "\(folder)/\(path)"
    }

    private static func socketPath(_ url: String, folder: String) throws -> String {
        let scheme = "unix://"
        guard url.hasPrefix(scheme) else {
            throw UsageError("docker: '\(url)' is not a unix socket (unix:///var/run/docker.sock)")
        }
        return resolve(String(url.dropFirst(scheme.count)), folder)
    }
}

/// Something in the request or the host file that modplan cannot do, in one line.
struct UsageError: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
}

/// A path as given on the command line, for tools that are run from elsewhere.
func absolutePath(_ path: String) -> String {
    guard !path.hasPrefix("/"), let folder = getcwd(nil, 0) else { return path }
    defer { free(folder) }
    return "\(String(cString: folder))/\(path)"
}
