import Glibc
import Host
import Observed
import Planning

extension Collector {
    private static let configurationLimit = 256 << 10

    /// What lies on a run volume. The app owns most of it: nothing is opened through a link, and
    /// every read is bounded.
    func readContents(_ mountPoint: String) -> Reading<RunVolumeContents> {
        do throws(SystemError) {
            let root = try Directory(path: mountPoint)
            var configuration: [UInt8]?
            if try root.attributes("supervisor.conf") != nil {
                configuration = try root.read(
                    "supervisor.conf", limit: Self.configurationLimit, owner: 0)
            }
            var damaged: [String] = []
            for folder in ImageStandard.runFolders {
                let status = try root.attributes(folder)
                let isWhole = status.map { isFolder($0) && $0.st_uid == ImageStandard.userID }
                if isWhole != true { damaged.append(folder) }
            }
            var contents = RunVolumeContents(
                configuration: configuration, damagedFolders: damaged, notifications: [])
            if !damaged.contains("notifications") {
                let scan = try NotificationScan(root.directory("notifications"))
                contents.notifications = scan.notifications
                contents.strangers = scan.strangers
            }
            return .read(contents)
        } catch {
            return .unavailable("\(error)")
        }
    }
}
