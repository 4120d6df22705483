/// What the host grants a container. The initial value of everything not asked for in `init` is the
/// strict one.
///
/// Sent in `POST /containers/create`, read in `GET /containers/{id}/json`.
package struct HostConfig: Sendable, Codable, Equatable {
    /// In bytes; 0 is unlimited.
    package var memory: Int64
    /// Memory and swap together, in bytes: equal to `memory` means no swap.
    package var memorySwap: Int64
    /// In 10⁻⁹ processors; 0 is unlimited.
    package var nanoCPUs: Int64
    package var pidsLimit: Int64?
    package var networkMode: String
    @NullAsEmpty package var mounts: [Mount]
    /// Mount point to options, for example `/run` to `rw,nosuid,nodev,noexec,size=8m`.
    @NullAsEmpty package var tmpfs: [String: String]
    /// For example `8080/tcp` to where the host listens.
    @NullAsEmpty package var portBindings: [String: [PortBinding]?]
    @NullAsEmpty package var ulimits: [Ulimit]
    package var readOnlyRootFileSystem = true
    @NullAsEmpty package var capDrop: [String] = ["ALL"]
    @NullAsEmpty package var securityOptions: [String] = ["no-new-privileges"]
    package var logConfig = LogConfig.bounded
    package var restartPolicy = RestartPolicy.no
    package var ipcMode = "private"
    package var cgroupNamespaceMode: String? = "private"
    /// Empty is a namespace of its own.
    package var pidMode = ""

    /// - Parameters:
    ///   - memory: in bytes; no swap comes with it.
    ///   - nanoCPUs: in 10⁻⁹ processors.
    ///   - networkMode: a network's name or id, or `none`.
    package init(memory: Int64, nanoCPUs: Int64, pidsLimit: Int64, networkMode: String) {
        self.memory = memory
        memorySwap = memory
        self.nanoCPUs = nanoCPUs
        self.pidsLimit = pidsLimit
        self.networkMode = networkMode
        mounts = []
        tmpfs = [:]
        portBindings = [:]
        ulimits = []
    }

    enum CodingKeys: String, CodingKey {
        case memory = "Memory"
        case memorySwap = "MemorySwap"
        case nanoCPUs = "NanoCpus"
        case pidsLimit = "PidsLimit"
        case networkMode = "NetworkMode"
        case mounts = "Mounts"
        case tmpfs = "Tmpfs"
        case portBindings = "PortBindings"
        case ulimits = "Ulimits"
        case readOnlyRootFileSystem = "ReadonlyRootfs"
        case capDrop = "CapDrop"
        case securityOptions = "SecurityOpt"
        case logConfig = "LogConfig"
        case restartPolicy = "RestartPolicy"
        case ipcMode = "IpcMode"
        case cgroupNamespaceMode = "CgroupnsMode"
        case pidMode = "PidMode"
    }
}

/// A folder of the host in a container. Unlike the older `Binds`, a source that does not exist is
/// refused, not created, and a path may hold a colon.
package struct Mount: Sendable, Codable, Equatable {
    package var type: String
    package var source: String
    package var target: String
    package var readOnly: Bool?
    package var bindOptions: BindOptions?

    package struct BindOptions: Sendable, Codable, Equatable {
        package var propagation: String?

        enum CodingKeys: String, CodingKey { case propagation = "Propagation" }
    }

    /// A bind mount; mounts that either side makes below it later stay on that side.
    package static func bind(
        _ source: String, at target: String, readOnly: Bool = false
    ) -> Mount {
        Mount(
            type: "bind", source: source, target: target, readOnly: readOnly,
            bindOptions: BindOptions(propagation: "rprivate"))
    }

    enum CodingKeys: String, CodingKey {
        case type = "Type"
        case source = "Source"
        case target = "Target"
        case readOnly = "ReadOnly"
        case bindOptions = "BindOptions"
    }
}

/// An address of the host that leads to a port of a container.
package struct PortBinding: Sendable, Codable, Equatable {
    package var hostIP: String
    /// Decimal; `0` or empty lets the engine choose.
    package var hostPort: String

    package init(hostIP: String, hostPort: UInt16) {
        self.hostIP = hostIP
        self.hostPort = String(hostPort)
    }

    enum CodingKeys: String, CodingKey {
        case hostIP = "HostIp"
        case hostPort = "HostPort"
    }
}

package struct Ulimit: Sendable, Codable, Equatable {
    /// For example `nofile`.
    package var name: String
    package var soft: Int64
    package var hard: Int64

    package init(_ name: String, _ limit: Int64) {
        self.name = name
        soft = limit
        hard = limit
    }

    enum CodingKeys: String, CodingKey {
        case name = "Name"
        case soft = "Soft"
        case hard = "Hard"
    }
}

package struct LogConfig: Sendable, Codable, Equatable {
    package var type: String
    @NullAsEmpty package var config: [String: String]

    /// 30 MB at most, and a container never waits for its log.
    package static let bounded = LogConfig(
        type: "json-file", config: ["max-size": "10m", "max-file": "3", "mode": "non-blocking"])

    enum CodingKeys: String, CodingKey {
        case type = "Type"
        case config = "Config"
    }
}

package struct RestartPolicy: Sendable, Codable, Equatable {
    package var name: String

    /// The engine restarts nothing: it would do so before volumes are mounted.
    package static let no = RestartPolicy(name: "no")

    enum CodingKeys: String, CodingKey { case name = "Name" }
}
