package import Desired

/// One call to the outside, fully specified: execution decides nothing.
package struct Step: Sendable, Equatable {
    /// Stable for the same plan: the resource, then the verb.
    package var id: String
    package var subject: Address
    package var operation: Operation
    /// The steps that must have ended well before this one may start, sorted.
    package var after: [String]
    /// If there are any, the step is for when one of these did not end well: it waits until all of
    /// them are over, and is left out if all went well. Sorted.
    package var remedyOf: [String]

    package init(
        id: String, subject: Address, operation: Operation, after: [String],
        remedyOf: [String] = []
    ) {
        self.id = id
        self.subject = subject
        self.operation = operation
        self.after = after
        self.remedyOf = remedyOf
    }
}

package enum Operation: Sendable, Equatable {
    case createNetwork(name: String)
    case removeNetwork(id: String)
    case createVolume(name: String, limitBytes: Int64)
    case writeSource(volume: String, source: SourceTree)
    case runBuild(ContainerSpec, timeoutSeconds: Int64)
    case sealArtifact(volume: String, artifact: String)
    /// `artifact` is the volume, which tells what the build chose.
    case recordRelease(Release, artifact: String)
    case snapshotVolume(origin: String, name: String, limitBytes: Int64)
    case mountVolume(name: String)
    case unmountVolume(name: String)
    case growVolume(name: String, limitBytes: Int64)
    case removeVolume(name: String)
    case renameVolume(name: String, to: String)
    /// Gives the storage's root to the app, and it a place in the run volume to be mounted at.
    case layOutStorage(name: String, runVolume: String)
    case recordStorage(instance: Int, StorageUse)
    /// Gives back to the storage below what was freed on a mounted volume.
    case trimVolume(name: String)
    case removeImage(id: String)
    case repairLayout(volume: String)
    case writeConfiguration(volume: String, InstanceConfiguration)
    case createContainer(ContainerSpec)
    case startContainer(ContainerReference)
    case stopContainer(ContainerReference)
    case removeContainer(ContainerReference)
    case updateLimits(ContainerReference, memoryBytes: Int64, nanoCPUs: Int64)
    case updateProgram(ContainerReference)
    case startProgram(ContainerReference)
    case stopProgram(ContainerReference)
    case writeTask(volume: String, TaskConfiguration)
    /// Runs a one-off command to its end, whatever its exit status.
    case runTask(ContainerSpec)
    case awaitReady(ContainerReference, volume: String, port: Int, ReadyCheck)
    case recordApplied(definition: String)
    /// Nil ends a pin.
    case recordPin(Pin?)
    /// The app has ended, and its storage is kept: its releases are remembered.
    case recordEnd
    case forgetApp

    /// The verb and noun that people and scripts see.
    package var kind: String {
        switch self {
        case .createNetwork: "create-network"
        case .removeNetwork: "remove-network"
        case .createVolume: "create-volume"
        case .writeSource: "write-source"
        case .runBuild: "run-build"
        case .sealArtifact: "seal-artifact"
        case .recordRelease: "record-release"
        case .snapshotVolume: "snapshot-volume"
        case .mountVolume: "mount-volume"
        case .unmountVolume: "unmount-volume"
        case .growVolume: "grow-volume"
        case .removeVolume: "remove-volume"
        case .renameVolume: "rename-volume"
        case .layOutStorage: "lay-out-storage"
        case .recordStorage: "record-storage"
        case .trimVolume: "trim-volume"
        case .removeImage: "remove-image"
        case .repairLayout: "repair-layout"
        case .writeConfiguration: "write-configuration"
        case .createContainer: "create-container"
        case .startContainer: "start-container"
        case .stopContainer: "stop-container"
        case .removeContainer: "remove-container"
        case .updateLimits: "update-limits"
        case .updateProgram: "update-program"
        case .startProgram: "start-program"
        case .stopProgram: "stop-program"
        case .writeTask: "write-task"
        case .runTask: "run-task"
        case .awaitReady: "await-ready"
        case .recordApplied: "record-applied"
        case .recordPin: "record-pin"
        case .recordEnd: "record-end"
        case .forgetApp: "forget-app"
        }
    }
}

/// Which tree to write into a build volume.
package struct SourceTree: Sendable, Equatable {
    package var repository: SourceReference.Repository
    package var tree: String
}

/// A container that is there, or one that an earlier step makes.
package struct ContainerReference: Sendable, Equatable {
    package var name: String
    /// Set for one that was observed, so that only that very one is touched.
    package var id: String?

    package init(name: String, id: String? = nil) {
        self.name = name
        self.id = id
    }

    /// What the engine is asked for.
    package var key: String { id ?? name }
}

/// All of a container that differs from app to app; what is the same for all is the adapter's
/// translation of the image standard.
package struct ContainerSpec: Sendable, Equatable {
    package enum Role: String, Sendable {
        case build
        /// Proves a release before it takes the old one's port.
        case candidate
        case run
        /// A one-off command.
        case task
    }

    package var name: String
    package var role: Role
    package var app: String
    package var instance: Int?
    package var release: Int?
    package var imageID: String
    package var volume: String
    /// The volume of the data that outlives the container; nil for none.
    package var storage: String?
    package var memoryBytes: Int64
    package var nanoCPUs: Int64?
    package var processLimit: Int
    /// The engine's name of the network, `none` for no network.
    package var network: String
    package var port: ContainerPort?
    /// Only of a build; a running app's travels in its supervisor.conf.
    package var environment: [String: String]
    /// The digest of all that was asked, environment values left out.
    package var digest: String
    /// What runs under the image's init; empty keeps what the image names.
    package var command: [String] = []

    /// `volume:target` of each bind mount, in order.
    package var mounts: [String] {
        ["\(volume):/mnt"] + (storage.map { ["\($0):\(ImageStandard.storagePath)"] } ?? [])
    }
}

package struct ContainerPort: Sendable, Equatable {
    package var host: String
    package var hostPort: Int
    package var containerPort: Int

    package var description: String { "\(host):\(hostPort):\(containerPort)" }
}
