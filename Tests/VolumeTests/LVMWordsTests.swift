import Foundation
import Testing

@testable import Host
@testable import Volumes

/// What goes to LVM and what comes back, as values: real output of it in `Support`, taken in the
/// guest kernel.
@Suite struct LVMWordsTests {
    private func report(_ name: String, pool: String = "pool") throws -> LVMReport {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
        let file = folder.appending(path: "Support/\(name).json")
        return try LVMReport(json: String(contentsOf: file, encoding: .utf8), pool: pool)
    }

    // MARK: The report

    @Test func aReportNamesThePoolAndEveryVolume() throws {
        let report = try report("lvs")
        #expect(
            report.pool
                == ThinPool(
                    size: 64 << 20, usedPercent: 0, metadataUsedPercent: 11.04, problem: nil))
        #expect(report.extentSize == 4 << 20)
        #expect(report.volumes.map(\.name) == ["modplan.t.a", "modplan.t.b"])
        let first = try #require(report.volumes.first)
        #expect(first.isReadOnly && first.isOurs && !first.isHalfMade)
        #expect(first.limit == 64 << 20 && first.names == ["t.a"] && first.pool == "pool")
        #expect(report.virtualSize(of: "pool") == 128 << 20)
    }

    @Test func aFullPoolIsSeenAndTheVolumesOfOthersAreNotOurs() throws {
        let report = try report("lvs-pool-full")
        #expect(report.pool.problem == "out_of_data")
        #expect(report.pool.usedPercent == 100)
        let names = LVMNames(group: "vg0")
        #expect(report.volumes.map(names.name(of:)) == ["t.a", "t.b", nil])
        let second = try #require(report.volumes.dropFirst().first)
        #expect(second.used == Int64(Double(64 << 20) * 0.9375))
    }

    /// As it is without `--errorwhenfull y`.
    @Test func aPoolThatMakesWritesWaitIsSeen() throws {
        #expect(try !report("lvs").pool.queuesWhenFull)
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
        let text = try String(
            contentsOf: folder.appending(path: "Support/lvs.json"), encoding: .utf8
        ).replacingOccurrences(of: "\"error\"", with: "\"queue\"")
        #expect(try LVMReport(json: text, pool: "pool").pool.queuesWhenFull)
    }

    @Test func whatIsNoThinPoolIsRefused() throws {
        #expect(throws: LVMReport.Failure.noPool) { try report("lvs", pool: "other") }
        #expect(throws: LVMReport.Failure.noThinPool) { try report("lvs", pool: "modplan.t.a") }
        for text in ["", "{}", "[]", "{\"report\":[{\"lv\":[{\"lv_name\":\"pool\"}]}]}"] {
            #expect(throws: LVMReport.Failure.self) { try LVMReport(json: text, pool: "pool") }
        }
        // A group without volumes.
        #expect(throws: LVMReport.Failure.noPool) {
            try LVMReport(json: "{\"report\":[{\"lv\":[]}]}", pool: "pool")
        }
    }

    @Test func anInactiveVolumeCountsWhole() {
        let volume = LogicalVolume(
            name: "x", size: 10, pool: "pool", usedPercent: nil, isReadOnly: false, tags: [])
        #expect(volume.used == 10)
    }

    // MARK: Names

    @Test func namesAreReversibleAndKeepLVMsRules() {
        let long = String(repeating: "a-", count: 20)
        let key = String(repeating: "0", count: 64)
        let given = [
            "inst.run.app.0.r1", "snapshot.run.app.0.r1", "pvmove.artifact.\(key)", "a_tdata.b",
            "\(long).build.\(long).\(key)", "\(long).build.\(long).\(key.dropLast())1", "_", ".",
        ]
        for group in ["vg0", "a-group-with-a-long-name-of-its-own"] {
            let names = LVMNames(group: group)
            var seen: Set<String> = []
            for name in given {
                let volume = names.logicalVolume(name)
                #expect(seen.insert(volume).inserted)
                #expect(volume.hasPrefix("modplan.") && !volume.contains("_"))
                let hyphens = (group + volume).count { $0 == "-" }
                #expect(group.count + 1 + volume.count + hyphens <= 118)
                let listed = LogicalVolume(
                    name: volume, size: 0, pool: "pool", usedPercent: nil, isReadOnly: false,
                    tags: [LVMTag.mark, LVMTag.name("other"), LVMTag.name(name)])
                #expect(names.name(of: listed) == name)
            }
        }
        #expect(LVMNames(group: "vg0").logicalVolume("i.run.a.0.r1") == "modplan.i.run.a.0.r1")
        #expect(!LVMNames.isAllowed("a b") && !LVMNames.isAllowed("") && !LVMNames.isAllowed("a@b"))
    }

    // MARK: Calls

    private let commands = LVMCommands(names: LVMNames(group: "vg0"), pool: "pool")

    private func line(_ call: ToolCall) -> String {
        #expect(call.environment == ["LVM_SUPPRESS_FD_WARNINGS": "1"])
        return ([call.tool] + call.arguments).joined(separator: " ")
    }

    @Test func callsAreAsTheyWereTriedInTheGuest() {
        #expect(
            line(commands.list())
                == "lvs --reportformat json --units b --nosuffix --options lv_name,lv_size,lv_attr,"
                + "pool_lv,data_percent,metadata_percent,lv_health_status,lv_when_full,"
                + "vg_extent_size,lv_tags vg0"
        )
        #expect(
            line(commands.create("t.a", bytes: 8 << 20))
                == "lvcreate --yes --quiet --thin --virtualsize 8388608b --name modplan.t.a "
                + "--addtag modplan --addtag modplan.making --addtag modplan.name=t.a vg0/pool")
        #expect(
            line(commands.snapshot("t.a", as: "t.b"))
                == "lvcreate --yes --quiet --snapshot --setactivationskip n --permission rw "
                + "--name modplan.t.b --addtag modplan --addtag modplan.making "
                + "--addtag modplan.name=t.b vg0/modplan.t.a")
        #expect(
            line(commands.finish("t.a", limit: 5, labels: ["modplan.app=web"]))
                == "lvchange --quiet --deltag modplan.making --addtag modplan.limit=5 "
                + "--addtag modplan.app=web vg0/modplan.t.a")
        #expect(
            line(commands.retag("t.a", remove: ["x"], add: ["y"], isReadOnly: true))
                == "lvchange --quiet --permission r --deltag x --addtag y vg0/modplan.t.a")
        #expect(
            line(commands.remove("t.a"))
                == "lvremove --yes --quiet --select lv_tags={\"modplan\"} vg0/modplan.t.a")
        #expect(
            line(commands.rename("t.a", to: "t.b"))
                == "lvrename --quiet vg0 modplan.t.a modplan.t.b")
        #expect(
            line(commands.extend("t.a", extents: 3))
                == "lvextend --quiet --extents 3 vg0/modplan.t.a")
        #expect(
            line(commands.reduce("t.a", extents: 3))
                == "lvreduce --quiet --force --extents 3 vg0/modplan.t.a")
        #expect(
            commands.discard("t.a", from: 4096, to: 8192)
                == ToolCall(
                    "blkdiscard",
                    ["--offset", "4096", "--length", "4096", "/dev/vg0/modplan.t.a"]))
    }

    // MARK: Failures

    @Test(arguments: [
        ("Volume group \"vg0\" not found; Cannot process volume group vg0", "vgcreate vg0 DISK"),
        ("Pool pool not found in Volume group vg0.", "there is no thin pool 'pool'"),
        (
            "WARNING: Thin pool vg0/pool is out of data space.;   Cannot create new thin volume, "
                + "free space in thin pool vg0/pool reached threshold.",
            "the thin pool vg0/pool is full"
        ),
        ("Failed to find logical volume \"vg0/modplan.t.a\"", "no such volume"),
        ("Logical volume nope not found in volume group vg0.", "no such volume"),
        ("Snapshot origin LV t.nope not found in Volume group vg0.", "no such volume"),
        ("Logical volume vg0/modplan.t.b in use.", "it is in use"),
        ("Logical volume vg0/modplan.t.b contains a filesystem in use.", "it is in use"),
        (
            "/sbin/modprobe failed: 1; thin: Required device-mapper target(s) not detected in your "
                + "kernel.",
            "this kernel has no thin pools"
        ),
        ("Can't process LV vg0/x: thin target support missing from kernel?", "no thin pools"),
        (
            "/dev/mapper/control: unlink failed: Device or resource busy;   Failure to communicate "
                + "with kernel device-mapper driver.",
            "this kernel has no thin pools"
        ),
        ("WARNING: Sum of all thin volume sizes;   the rest", "exit status 5: the rest"),
    ]) func lvmsWordsAreExplained(words: String, meaning: String) {
        let error = ToolError(
            tool: "lvcreate", arguments: [], failure: .status(5), output: words)
        let text = LVMFailures(group: "vg0", pool: "pool").explain(error)
        #expect(text.contains(meaning) && !text.contains("WARNING"), "\(text)")
    }

    /// LVM's words are the same for both.
    @Test func fullMetadataIsToldFromFullData() throws {
        var report = try report("lvs")
        report.pool.usedPercent = 40
        report.pool.metadataUsedPercent = 99.8
        let error = ToolError(
            tool: "lvcreate", arguments: [], failure: .status(5), output: "reached threshold")
        let text = LVMFailures(group: "vg0", pool: "pool").explain(error, report)
        #expect(text.contains("the metadata of the thin pool vg0/pool is full (99.8 %)"))
    }
}
