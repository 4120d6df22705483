/// One app as its definition file asks for it: decoded, validated, every default filled in.
package struct AppDefinition: Sendable, Equatable {
    /// Equals the file's name without `.yaml`: 1 to 40 of `a-z`, `0-9` and `-`, a letter first.
    package var name: String
    /// The build image's name in the image tree, for example `build-node`.
    package var buildImage: String
    /// The run image's name in the image tree, for example `run-node`.
    package var runImage: String
    /// Set where the definition named a language and not the two images.
    package var language: Language?
    package var source: SourceReference
    package var build: BuildSettings
    package var run: RunSettings
    package var restart: RestartBudget

    package init(
        name: String, buildImage: String, runImage: String, language: Language?,
        source: SourceReference, build: BuildSettings, run: RunSettings, restart: RestartBudget
    ) {
        self.name = name
        self.buildImage = buildImage
        self.runImage = runImage
        self.language = language
        self.source = source
        self.build = build
        self.run = run
        self.restart = restart
    }
}

package enum Language: String, Sendable, CaseIterable {
    case node, java, php, `static`
}

/// Where an app's code lies.
package struct SourceReference: Sendable, Equatable {
    package enum Repository: Sendable, Equatable {
        /// The repository that the definitions themselves are read from.
        case definitions
        /// A name under the host file's `repositories.directory`.
        case named(String)
    }

    package var repository: Repository
    /// A git revision, for example `HEAD` or `refs/heads/main`.
    package var ref: String
    /// The folder within the tree; empty for the tree's root.
    package var path: String

    package init(repository: Repository, ref: String, path: String) {
        self.repository = repository
        self.ref = ref
        self.path = path
    }
}

package struct BuildSettings: Sendable, Equatable {
    package enum Network: String, Sendable, CaseIterable {
        case egress, none
    }

    package var timeout: Interval
    package var volume: ByteCount
    package var memory: ByteCount
    package var network: Network
    package var environment: [String: String]

    package init(
        timeout: Interval = Interval(seconds: 900), volume: ByteCount = .gibibytes(2),
        memory: ByteCount = .gibibytes(1), network: Network = .egress,
        environment: [String: String] = [:]
    ) {
        self.timeout = timeout
        self.volume = volume
        self.memory = memory
        self.network = network
        self.environment = environment
    }
}

package struct RunSettings: Sendable, Equatable {
    package var instances: Int
    package var memory: ByteCount
    /// Thousandths of a processor, so that no floating point reaches a plan's bytes.
    package var millicpus: Int
    package var volume: ByteCount
    /// The port inside the container, given to the app as `PORT`.
    package var port: Int
    package var publish: PublishedPort?
    package var environment: [String: String]
    package var ready: ReadyCheck
    /// Data that outlives releases; nil for none.
    package var storage: ByteCount?

    package init(
        instances: Int = 1, memory: ByteCount = .mebibytes(256), millicpus: Int = 500,
        volume: ByteCount = .gibibytes(1), port: Int = 8080, publish: PublishedPort? = nil,
        environment: [String: String] = [:], ready: ReadyCheck = ReadyCheck(),
        storage: ByteCount? = nil
    ) {
        self.instances = instances
        self.memory = memory
        self.millicpus = millicpus
        self.volume = volume
        self.port = port
        self.publish = publish
        self.environment = environment
        self.ready = ready
        self.storage = storage
    }
}

/// An address on the host; instance n gets `port + n`.
package struct PublishedPort: Sendable, Hashable {
    /// An IPv4 address of the host.
    package var host: String
    package var port: Int

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }
}

/// What counts as *ready* after a start.
package struct ReadyCheck: Sendable, Equatable {
    package enum Probe: Sendable, Equatable {
        /// The program is RUNNING in supervisord's words, for `startsecs`.
        case running
        /// The app's port accepts a connection.
        case tcp
        /// A GET of this path answers with a status from 200 to 399.
        case http(path: String)
    }

    package var probe: Probe
    package var timeout: Interval

    package init(probe: Probe = .running, timeout: Interval = Interval(seconds: 30)) {
        self.probe = probe
        self.timeout = timeout
    }
}

/// How many restarts within a window are put up with before the app is held.
package struct RestartBudget: Sendable, Equatable {
    package var budget: Int
    package var window: Interval

    package init(budget: Int = 5, window: Interval = Interval(seconds: 600)) {
        self.budget = budget
        self.window = window
    }
}
