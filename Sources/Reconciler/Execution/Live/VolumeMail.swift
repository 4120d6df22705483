import Host
import Observed
import Planning
package import Volumes

/// Notification folders on mounted volumes. The app owns them.
package struct VolumeMail: MailEffects {
    let volumes: any VolumeStore

    package init(volumes: any VolumeStore) { self.volumes = volumes }

    package func clear(
        _ notifications: [String], aside strangers: [String], on volume: String
    ) async throws {
        let path = volumes.mountPoint(of: volume)
        // What is not mounted any more is looked at again when it is.
        guard try mountPoints().contains(path) else { return }
        let folder = try Directory(path: path).directory("notifications")
        for name in notifications { try folder.removeFile(name) }
        guard !strangers.isEmpty else { return }
        let aside = RunVolumeContents.strangersFolder
        try folder.makeDirectory(
            aside, owner: Owner(user: ImageStandard.userID, group: ImageStandard.groupID))
        let bad = try folder.directory(aside)
        for name in strangers { try folder.move(name, into: bad) }
    }
}
