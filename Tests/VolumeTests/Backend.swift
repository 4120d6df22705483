import Foundation
import Glibc
import Host
import Testing

@testable import Volumes

/// A storage backend to test. LVM's is there in the guest kernel alone, which names its pool.
enum Backend: String, CaseIterable, CustomTestStringConvertible {
    case file, lvm

    static let isGuest = getenv("MODPLAN_LVM") != nil
    static let here: [Backend] = isGuest ? [.file, .lvm] : [.file]
    static let group = "vg0"
    static let pool = "pool"

    var testDescription: String { rawValue }

    func store(in folder: String) -> any VolumeStore {
        switch self {
        case .file: FileVolumes(directory: folder)
        case .lvm:
            LVMVolumes(group: Self.group, pool: Self.pool, mounts: "\(folder)/mounts") { name in
                ["modplan.installation=t", "modplan.test=\(name)"]
            }
        }
    }

    /// A store in a folder of its own; whatever the body leaves is unmounted and removed, and then
    /// nothing may be left of it.
    func withStore(
        _ body: (any VolumeStore) async throws -> Void, at place: SourceLocation = #_sourceLocation
    ) async throws {
        try await withFolder { folder in
            let store = store(in: folder)
            let result: Result<Void, any Error>
            do { result = .success(try await body(store)) } catch { result = .failure(error) }
            for volume in try await store.list(prefix: "") {
                try await store.unmount(volume.name)
                try await store.remove(volume.name)
            }
            #expect(try await leftovers(in: folder) == [], sourceLocation: place)
            try result.get()
        }
    }

    /// What went wrong leaves its folder behind, to look at.
    func withFolder(_ body: (String) async throws -> Void) async throws {
        var template = Array("/var/tmp/modplan-volumes-XXXXXX".utf8CString)
        let path = String(cString: try #require(mkdtemp(&template)))
        let result: Result<Void, any Error>
        do { result = .success(try await body(path)) } catch { result = .failure(error) }
        try result.get()
        try Directory(path: "/var/tmp").removeTree(String(path.dropFirst("/var/tmp/".count)))
    }

    /// Mounts, loop devices, images and logical volumes that belong to a store in this folder.
    func leftovers(in folder: String) async throws -> [String] {
        var left = try mountPoints().filter { $0.hasPrefix("\(folder)/") }.sorted()
        for device in try Directory(path: "/sys/block").names() where device.hasPrefix("loop") {
            let file = try? readHostFile("/sys/block/\(device)/loop/backing_file", limit: 4096)
            let path = String(decoding: file ?? [], as: UTF8.self)
            if path.hasPrefix("\(folder)/") { left.append("\(device) of \(path)") }
        }
        if try hostEntry("\(folder)/images") != nil {
            left += try Directory(path: "\(folder)/images").names()
        }
        if try hostEntry("\(folder)/mounts") != nil {
            left += try Directory(path: "\(folder)/mounts").names()
        }
        guard self == .lvm else { return left }
        let volumes = try await Tool.run(
            "lvs", ["--noheadings", "--options", "lv_name,lv_tags", Self.group])
        left += volumes.split(separator: "\n").map(String.init).filter { !$0.contains(Self.pool) }
        // The folder goes with its last device.
        if try hostEntry("/dev/\(Self.group)") != nil {
            left += try Directory(path: "/dev/\(Self.group)").names()
        }
        if try hostEntry("/run/modplan/making") != nil {
            left += try Directory(path: "/run/modplan/making").names()
        }
        return left
    }
}

/// A number of this environment variable, which long runs set.
func number(_ variable: String, default value: Int) -> Int {
    getenv(variable).flatMap { Int(String(cString: $0)) } ?? value
}
