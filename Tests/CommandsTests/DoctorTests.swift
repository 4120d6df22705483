import Desired
import Glibc
import Observed
import Testing

@testable import Commands
@testable import Docker
@testable import Host

@Suite struct DoctorTests {
    private func app(_ name: String, publish port: Int? = nil, instances: Int = 1) throws
        -> AppDefinition
    {
        var definition = try #require(
            try validate(files: [("\(name).yaml", Array("language: static\n".utf8))]).get().first)
        definition.run.instances = instances
        definition.run.publish = port.map { PublishedPort(host: "127.0.0.1", port: $0) }
        return definition
    }

    @Test func everyNeededProgramThatIsMissingIsAProblemWithItsPackage() {
        let missing = HostChecks.NeededTool(name: "no-such-program", package: "some-package")
        let check = HostChecks().tool(missing)
        #expect(check.status == .problem && check.mend == "apt-get install -y some-package")
        let optional = HostChecks.NeededTool(name: "no-such", package: "p", isNeeded: false)
        #expect(HostChecks().tool(optional).status == .note)
        #expect(HostChecks().tool(.init(name: "cp", package: "coreutils")).status == .ok)
    }

    @Test func bothVersionsOfControlGroupsDoIfTheyHaveTheControllers() throws {
        let unified = try Scratch()
        try unified.write("cpuset cpu io memory pids\n", to: "cgroup.controllers")
        #expect(HostChecks().controlGroups(at: unified.path).status == .ok)
        try unified.write("cpu pids\n", to: "cgroup.controllers")
        let check = HostChecks().controlGroups(at: unified.path)
        #expect(check.detail == "version 2, without memory")
        #expect(check.mend == "boot with cgroup_enable=memory")
        let old = try Scratch()
        for controller in ["cpu", "memory"] { try old.write("", to: "\(controller)/tasks") }
        #expect(HostChecks().controlGroups(at: old.path).detail == "version 1, without pids")
    }

    @Test func anEngineThatIsTooOldIsNamed() {
        func status(_ api: String) -> Check.Status {
            InstallationChecks.engine(
                EngineVersion(
                    version: "1", apiVersion: api, minimumAPIVersion: "1.12", kernelVersion: ""),
                at: "/socket"
            ).status
        }
        #expect(status("1.41") == .ok && status("1.50") == .ok && status("2.0") == .ok)
        #expect(status("1.40") == .problem && status("1.9") == .problem && status("?") == .problem)
    }

    @Test func aThinPoolIsCheckedByWhatAPlanReads() {
        func check(
            problem: String? = nil, advice: String? = nil, failure: String? = nil
        ) -> Check {
            InstallationChecks.pool(
                "vg0/pool",
                Snapshot(
                    engine: .unavailable(""),
                    volumes: failure.map { .unavailable($0) } ?? .read([]),
                    capacity: failure == nil
                        ? Capacity(
                            place: "the thin pool vg0/pool", totalBytes: 10 << 30,
                            usedBytes: 1 << 30, promisedBytes: 0, problem: problem, advice: advice)
                        : nil))
        }
        #expect(check() == .ok("thin pool", "vg0/pool, 1.0 GiB of 10.0 GiB taken"))
        #expect(check(problem: "out_of_data").mend == "lvextend -L +SIZE vg0/pool")
        #expect(check(advice: "do this").status == .note)
        let failed = check(failure: "there is no volume group 'vg0'; make it with …")
        #expect(failed.status == .problem && failed.detail.contains("no volume group"))
    }

    @Test func theImagesThatTheDefinitionsNameMustBeThere() throws {
        func check(_ names: [String], _ apps: [AppDefinition]) -> Check {
            InstallationChecks.images(
                apps, names.map { Image(id: $0, name: $0, inputDigest: "") }, prefix: "modplan",
                mend: "modplan images build")
        }
        let apps = [try app("a"), try app("b")]
        #expect(check(["build-static", "run-static", "x"], apps).status == .ok)
        let missing = check(["build-static"], apps)
        #expect(missing.detail == "not on this host: modplan/run-static")
        #expect(missing.mend == "modplan images build")
        #expect(check([], []).status == .note)
    }

    @Test func aPortThatSomebodyElseHasIsAProblemAndOursIsNot() throws {
        let apps = [try app("a", publish: 8080, instances: 2), try app("b", publish: 9000)]
        func checks(ours: Set<String>, taken: [Int: Int32]) -> [Check] {
            InstallationChecks.ports(
                apps, ours: ours, failure: { _, port in taken[port] },
                listener: { $0 == 8081 ? ListeningProcess(pid: 7, name: "nginx") : nil })
        }
        #expect(checks(ours: [], taken: [:]) == [.ok("ports", "3 free, or ours already")])
        #expect(checks(ours: ["127.0.0.1:8081"], taken: [8081: EADDRINUSE]).count == 1)
        let taken = checks(ours: [], taken: [8081: EADDRINUSE, 9000: EADDRNOTAVAIL])
        #expect(taken.map(\.check) == ["port 8081", "port 9000"])
        #expect(taken.first?.detail == "127.0.0.1:8081 of a is taken by pid 7 (nginx)")
        #expect(taken.last?.mend == "change run.publish of b")
    }

    @Test func diskLevelsAreThePolicysOwn() {
        func status(_ used: Int) -> Check.Status {
            InstallationChecks.space(
                "state", "/x", FreeSpace(free: 1 << 30, usedPercent: used),
                policy: HostFile.Policy(), key: "state"
            ).status
        }
        #expect([79, 80, 94, 95].map(status) == [.ok, .note, .note, .problem])
    }

    @Test func aCheckIsOneLineWhateverTheErrorSays() {
        let document = DoctorDocument([
            .ok("a", "fine"), .problem("b", "one\ntwo\u{1b}", mend: "do it"),
        ])
        let lines = document.text.split(separator: "\n")
        #expect(lines.count == 3 && lines[1] == "problem  b  one; two\\u{1b} → do it")
        #expect(!document.ok && lines.last == "1 problem.")
    }
}
