import Glibc
import Host
package import Planning
package import Volumes

/// What the host writes below a mounted volume. The app owns what lies there, so every path is
/// resolved beneath the mount and through no link.
package struct VolumeFiles: FileEffects {
    let volumes: any VolumeStore
    /// Gives the path of a source repository on this host.
    let repositoryPath: @Sendable (SourceTree) throws -> String

    package init(
        volumes: any VolumeStore, repositoryPath: @escaping @Sendable (SourceTree) throws -> String
    ) {
        self.volumes = volumes
        self.repositoryPath = repositoryPath
    }

    private static let mop = Owner(user: ImageStandard.userID, group: ImageStandard.groupID)
    private static let configurationFile = "supervisor.conf"

    /// Opens a volume's root, which must be a mount: below an unmounted one lies the host's own
    /// file system.
    private func root(of volume: String) throws -> Directory {
        let path = volumes.mountPoint(of: volume)
        guard try mountPoints().contains(path) else {
            throw SystemError("write", path, code: 0, detail: "the volume is not mounted")
        }
        return try Directory(path: path)
    }

    /// Makes the folders of a run volume, or gives the ones that are there back to the app; what
    /// they hold is kept.
    package func repairLayout(of volume: String) async throws {
        let root = try root(of: volume)
        try root.change(mode: 0o755, owner: .root)
        for folder in ImageStandard.runFolders {
            if let status = try root.attributes(folder), !isFolder(status) {
                try root.removeTree(folder)
            }
            try root.makeDirectory(folder, mode: 0o755, owner: Self.mop)
        }
    }

    /// The root of the run volume is root's, so that the app can put nothing in the place's stead.
    package func layOutStorage(_ storage: String, beneath volume: String) async throws {
        let own = try root(of: storage)
        // Its mode is the app's own, once it is there.
        if try hostEntry(own.path)?.st_uid != ImageStandard.userID {
            try own.change(mode: 0o755, owner: Self.mop)
        }
        let root = try root(of: volume)
        if let status = try root.attributes(ImageStandard.storageFolder), !isFolder(status) {
            try root.removeTree(ImageStandard.storageFolder)
        }
        try root.makeDirectory(ImageStandard.storageFolder, mode: 0o755, owner: .root)
    }

    package func writeConfiguration(_ bytes: [UInt8], to volume: String) async throws {
        // The root of the volume belongs to root: the app cannot put a link there.
        try root(of: volume).replaceDurably(
            Self.configurationFile, bytes, mode: 0o640,
            owner: Owner(user: 0, group: ImageStandard.groupID))
    }

    package func writeTask(_ bytes: [UInt8], to volume: String) async throws {
        try root(of: volume).replaceDurably(
            TaskConfiguration.file, bytes, mode: 0o640,
            owner: Owner(user: 0, group: ImageStandard.groupID))
    }

    package func writeSource(_ source: SourceTree, into volume: String) async throws {
        let repository = try repositoryPath(source)
        let path = volumes.mountPoint(of: volume)
        guard try mountPoints().contains(path) else {
            throw SystemError("write", path, code: 0, detail: "the volume is not mounted")
        }
        try await offload {
            let root = try Directory(path: path)
            try root.change(mode: 0o755, owner: Self.mop)
            for folder in ["home", "tmp", "output"] {
                try root.makeDirectory(folder, mode: 0o755, owner: Self.mop)
            }
            try root.removeTree("input")
            try root.makeDirectory("input", mode: 0o755, owner: Self.mop)
            let input = try root.directory("input")
            try exportTree(source.tree, of: repository, into: input, owner: Self.mop)
        }
    }
}
