/// `modplan.yaml`: one installation on one host. Paths are as written, not yet resolved against
/// the file's own folder.
package struct HostFile: Sendable, Equatable {
    package struct Definitions: Sendable, Equatable {
        package var repository: String
        package var ref: String
        /// The folder whose `*.yaml` files each define one app; empty for the tree's root.
        package var path: String

        package init(repository: String, ref: String, path: String) {
            self.repository = repository
            self.ref = ref
            self.path = path
        }
    }

    package enum Volumes: Sendable, Equatable {
        /// Sparse images on loop devices, and their mount points, below `directory`.
        case file(directory: String)
        /// Thin volumes of `pool` in `group`, mounted below `mounts`.
        case lvm(group: String, pool: String, mounts: String)
    }

    /// How full storage may get, in percent of what it can hold: the thin pool, or the disk below
    /// the files.
    package struct Policy: Sendable, Equatable {
        /// So much in use is worth a warning.
        package var warnPercent: Int
        /// With so much in use, nothing new is made.
        package var refusePercent: Int
        /// So much may be promised: the limits of all volumes together. Nil promises what is asked
        /// for.
        package var overcommitPercent: Int?

        package init(
            warnPercent: Int = 80, refusePercent: Int = 95, overcommitPercent: Int? = nil
        ) {
            self.warnPercent = warnPercent
            self.refusePercent = refusePercent
            self.overcommitPercent = overcommitPercent
        }

        /// A pool holds what was promised, since a full one loses what apps write. A disk is shared
        /// with much that has no limit at all, so that a sum of limits says little of it.
        package init(of volumes: Volumes) {
            switch volumes {
            case .file: self.init()
            case .lvm: self.init(overcommitPercent: 100)
            }
        }
    }

    package struct Notify: Sendable, Equatable {
        package enum Target: Sendable, Equatable {
            case command([String])
            case webhook(String)
        }

        package var target: Target
        package var timeout: Interval
        package var retries: Int

        package init(target: Target, timeout: Interval, retries: Int) {
            self.target = target
            self.timeout = timeout
            self.retries = retries
        }
    }

    package var definitions: Definitions
    /// Marks what is ours on the host: 1 to 40 of `a-z`, `0-9` and `-`, a letter first.
    package var installation: String
    package var state: String
    /// The engine's socket, `unix:///…`.
    package var docker: String
    /// The image names' prefix: `modplan` gives `modplan/run-node`.
    package var images: String
    package var volumes: Volumes
    package var repositoriesDirectory: String?
    package var reconcileInterval: Interval
    package var policy: Policy
    package var notify: Notify?

    package init(
        definitions: Definitions, installation: String, state: String = "state",
        docker: String = "unix:///var/run/docker.sock", images: String = "modplan",
        volumes: Volumes, repositoriesDirectory: String? = nil,
        reconcileInterval: Interval = Interval(seconds: 30), policy: Policy? = nil,
        notify: Notify? = nil
    ) {
        self.definitions = definitions
        self.installation = installation
        self.state = state
        self.docker = docker
        self.images = images
        self.volumes = volumes
        self.repositoriesDirectory = repositoriesDirectory
        self.reconcileInterval = reconcileInterval
        self.policy = policy ?? Policy(of: volumes)
        self.notify = notify
    }
}
