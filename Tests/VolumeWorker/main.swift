import Foundation
import Glibc
import Host
import Volumes

// What modplan does to volumes in a deploy, over and over, in a process of its own that a test can
// kill at any moment: VolumeWorker file DIRECTORY, or VolumeWorker lvm GROUP POOL MOUNTS.

let arguments = CommandLine.arguments.dropFirst()
let store: any VolumeStore
switch (arguments.first, arguments.count) {
case ("file", 2): store = FileVolumes(directory: arguments[2])
case ("lvm", 4):
    store = LVMVolumes(group: arguments[2], pool: arguments[3], mounts: arguments[4])
default: exit(64)
}

do {
    while true { try await deploy(store, removes: true) }
} catch {
    FileHandle.standardError.write(Data("\(error)\n".utf8))
    exit(1)
}
