import Glibc
import Host
import Testing

@testable import Volumes

/// Each failure of LVM's says what is wrong and what to do, on the real thing.
@Suite(.serialized, .enabled(if: Backend.isGuest)) struct LVMFailureTests {
    private static let size: Int64 = 64 << 20

    private func message(_ body: () async throws -> Void) async -> String {
        let error = await #expect(throws: VolumeError.self) { try await body() }
        return error?.message ?? ""
    }

    @Test func aMissingGroupOrPoolNamesTheCommandThatMakesIt() async {
        for (group, pool, words) in [
            ("none", "pool", "there is no volume group 'none'; make it with 'vgcreate none DISK'"),
            (Backend.group, "none", "there is no thin pool 'none' in the group 'vg0'"),
        ] {
            let store = LVMVolumes(group: group, pool: pool, mounts: "/var/tmp/none")
            let calls: [() async throws -> Void] = [
                { _ = try await store.list(prefix: "") }, { _ = try await store.capacity() },
                { try await store.create("t.run", limit: Self.size) },
                { try await store.snapshot("t.one", as: "t.run", limit: Self.size) },
            ]
            for call in calls { #expect(await message(call).contains(words)) }
        }
    }

    @Test func aPlainVolumeIsNoPool() async throws {
        try await Tool.run("lvcreate", ["-qq", "-y", "-L", "4M", "-n", "plain", Backend.group])
        let store = LVMVolumes(group: Backend.group, pool: "plain", mounts: "/var/tmp/none")
        #expect(await message { _ = try await store.list(prefix: "") }.contains("is no thin pool"))
        try await Tool.run("lvremove", ["-qq", "-y", "\(Backend.group)/plain"])
    }

    /// Of the same name, but not our mark.
    @Test func whatAnotherMadeIsNeitherListedNorTouched() async throws {
        try await Backend.lvm.withFolder { folder in
            let store = Backend.lvm.store(in: folder)
            let path = "\(Backend.group)/modplan.t.run"
            try await Tool.run(
                "lvcreate",
                ["-qq", "-y", "-V", "64M", "-n", "modplan.t.run", "-T"]
                    + ["\(Backend.group)/\(Backend.pool)"])
            #expect(try await store.list(prefix: "").isEmpty)
            #expect(
                await message { try await store.create("t.run", limit: Self.size) }
                    .contains("modplan did not make the logical volume vg0/modplan.t.run"))
            try await store.remove("t.run")
            let there = try await Tool.run("lvs", ["--noheadings", "-o", "lv_name", path])
            #expect(there.contains("modplan.t.run"))
            try await Tool.run("lvremove", ["-qq", "-y", path])
        }
    }

    @Test func aVolumeThatIsHeldIsNotRemoved() async throws {
        try await Backend.lvm.withStore { store in
            try await store.create("t.run", limit: Self.size)
            let file = open("/dev/\(Backend.group)/modplan.t.run", O_RDONLY | O_CLOEXEC)
            #expect(await message { try await store.remove("t.run") }.contains("it is in use"))
            close(file)
            try await store.remove("t.run")
        }
    }

    @Test func whatADeadProcessWasMakingGoesAndWhatALivingOneMakesStays() async throws {
        try await Backend.lvm.withStore { store in
            for name in ["dead", "living"] {
                try await Tool.run(
                    "lvcreate",
                    ["-qq", "-y", "-V", "64M", "-n", "modplan.t.\(name)", "--addtag", "modplan"]
                        + ["--addtag", "modplan.making", "--addtag", "modplan.name=t.\(name)"]
                        + ["-T", "\(Backend.group)/\(Backend.pool)"])
            }
            try makeFolders("/run/modplan/making")
            let path = "/run/modplan/making/\(Backend.group)-modplan.t.living"
            var living: FileLock? = try FileLock.make(path)
            #expect(try await store.list(prefix: "").isEmpty)
            try await store.create("t.new", limit: Self.size)
            let names = try Directory(path: "/dev/\(Backend.group)").names()
            #expect(names == ["modplan.t.living", "modplan.t.new"])
            #expect(
                await message { try await store.create("t.living", limit: Self.size) }
                    .contains("another modplan is making it"))
            withExtendedLifetime(living) {}
            living = nil
            // Nobody holds it any more: it is made anew.
            try await store.create("t.living", limit: Self.size)
        }
    }

    @Test func oneListFindsAVolumeByItsTags() async throws {
        try await Backend.lvm.withStore { store in
            try await store.create("t.build", limit: Self.size)
            try await store.mount("t.build")
            try Directory(path: store.mountPoint(of: "t.build")).makeDirectory("output")
            try await store.seal(
                "t.build", folder: "output", renamed: "app", artifact: "t.artifact")
            let tagged = try await Tool.run(
                "lvs", ["--noheadings", "-o", "lv_name,lv_permissions,lv_tags", "@modplan"])
            let words = tagged.split(separator: " ").map { $0.filter { $0 != "\n" } }
            #expect(words.prefix(2) == ["modplan.t.artifact", "read-only"])
            let tags = Set(words.last?.split(separator: ",").map(String.init) ?? [])
            #expect(
                tags.isSuperset(of: [
                    "modplan.name=t.artifact", "modplan.test=t.artifact", "modplan.installation=t",
                ]))
            #expect(!tagged.contains("t.build"))
        }
    }

    @Test func withoutTheKernelsThinTargetTheMessageSaysSo() async throws {
        // LVM asks dmsetup's device first: with another in its place there is no device-mapper.
        try await Tool.run("mount", ["--bind", "/dev/null", "/dev/mapper/control"])
        let store = Backend.lvm.store(in: "/var/tmp/none")
        let text = await message { try await store.create("t.run", limit: Self.size) }
        try await Tool.run("umount", ["/dev/mapper/control"])
        #expect(text.contains("this kernel has no thin pools"), "\(text)")
    }
}
