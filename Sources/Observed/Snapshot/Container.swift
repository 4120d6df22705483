/// A container of ours: what its labels say of its making, and what inspect says of it now.
package struct Container: Sendable, Equatable {
    /// The engine's word for where a container is in its life; the engine may add to them.
    package struct Status: RawRepresentable, Sendable, Hashable {
        package var rawValue: String

        package init(rawValue: String) { self.rawValue = rawValue }

        package static let created = Status(rawValue: "created")
        package static let running = Status(rawValue: "running")
        package static let paused = Status(rawValue: "paused")
        package static let restarting = Status(rawValue: "restarting")
        package static let removing = Status(rawValue: "removing")
        package static let exited = Status(rawValue: "exited")
        package static let dead = Status(rawValue: "dead")
    }

    package var id: String
    package var name: String
    package var labels: Labels
    package var status: Status
    /// Of the last end; meaningful unless it runs.
    package var exitCode: Int
    /// RFC 3339 as the engine says it; nil if it never started.
    package var startedAt: String?
    package var finishedAt: String?
    package var settings: Settings
    /// Its address on our network; nil unless it runs there.
    package var address: String?
    /// What supervisord says; nil unless the container runs.
    package var program: Reading<Program>?

    package init(
        id: String, name: String, labels: Labels, status: Status, exitCode: Int = 0,
        startedAt: String? = nil, finishedAt: String? = nil, settings: Settings,
        address: String? = nil, program: Reading<Program>? = nil
    ) {
        self.id = id
        self.name = name
        self.labels = labels
        self.status = status
        self.exitCode = exitCode
        self.startedAt = startedAt
        self.finishedAt = finishedAt
        self.settings = settings
        self.address = address
        self.program = program
    }

    /// Facts of the container's making: never what can change while it lives.
    package struct Labels: Sendable, Equatable {
        package var app: String
        /// Nil for a build container.
        package var instance: Int?
        /// Nil for a build container.
        package var release: Int?
        /// The digest of what was asked, environment values left out.
        package var spec: String
        /// Started to prove a new release before it takes over, or to build: never to stay.
        package var isTransient: Bool

        package init(app: String, instance: Int?, release: Int?, spec: String, isTransient: Bool) {
            self.app = app
            self.instance = instance
            self.release = release
            self.spec = spec
            self.isTransient = isTransient
        }
    }

    /// What the container was made with, read back from the engine.
    package struct Settings: Sendable, Equatable {
        package var imageID: String
        package var memoryBytes: Int64
        package var nanoCPUs: Int64
        package var user: String
        package var hasReadOnlyRoot: Bool
        package var network: String
        /// `source:target` of each bind mount, in order.
        package var mounts: [String]
        /// `host:hostPort:containerPort` of each published port, in order.
        package var ports: [String]

        package init(
            imageID: String, memoryBytes: Int64, nanoCPUs: Int64, user: String,
            hasReadOnlyRoot: Bool, network: String, mounts: [String], ports: [String]
        ) {
            self.imageID = imageID
            self.memoryBytes = memoryBytes
            self.nanoCPUs = nanoCPUs
            self.user = user
            self.hasReadOnlyRoot = hasReadOnlyRoot
            self.network = network
            self.mounts = mounts
            self.ports = ports
        }
    }
}

/// The app's program in supervisord's words.
package struct Program: Sendable, Equatable {
    /// Open: a supervisord of tomorrow may know more.
    package struct State: RawRepresentable, Sendable, Hashable {
        package var rawValue: String

        package init(rawValue: String) { self.rawValue = rawValue }

        package static let running = State(rawValue: "RUNNING")
        package static let starting = State(rawValue: "STARTING")
        package static let backoff = State(rawValue: "BACKOFF")
        package static let stopping = State(rawValue: "STOPPING")
        package static let stopped = State(rawValue: "STOPPED")
        package static let exited = State(rawValue: "EXITED")
        package static let fatal = State(rawValue: "FATAL")
    }

    package var state: State
    package var pid: Int
    package var exitStatus: Int
    /// Unix seconds of the last start.
    package var startedAt: Int

    package init(state: State, pid: Int = 0, exitStatus: Int = 0, startedAt: Int = 0) {
        self.state = state
        self.pid = pid
        self.exitStatus = exitStatus
        self.startedAt = startedAt
    }
}
