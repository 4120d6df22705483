import Testing

@testable import Desired

@Suite struct HostFileTests {
    @Test func theDesignsExample() throws {
        let text = """
            definitions:
              repository: .              # a local repository, bare or not
              ref: HEAD
              path: examples/apps
            installation: examples
            state: state
            docker: unix:///var/run/docker.sock
            images: modplan
            volumes:
              backend: file
              directory: /var/lib/modplan/examples/volumes
            repositories:
              directory: /var/lib/modplan/examples/repositories
            reconcile:
              interval: 30s
            """
        #expect(
            try decode(text)
                == HostFile(
                    definitions: .init(repository: ".", ref: "HEAD", path: "examples/apps"),
                    installation: "examples",
                    volumes: .file(directory: "/var/lib/modplan/examples/volumes"),
                    repositoriesDirectory: "/var/lib/modplan/examples/repositories"))
    }

    @Test func theOtherKeys() throws {
        let text = """
            definitions: {repository: /srv/apps.git, ref: live}
            installation: prod
            state: /var/lib/modplan/state
            docker: unix:///run/other.sock
            images: registry/prod
            volumes: {backend: lvm, group: vg0, pool: modplan}
            reconcile: {interval: 1m}
            policy: {warn: 70%, refuse: 90%, overcommit: 150%}
            notify: {command: [/usr/local/bin/notify, --app], timeout: 5s, retries: 0}
            """
        #expect(
            try decode(text)
                == HostFile(
                    definitions: .init(repository: "/srv/apps.git", ref: "live", path: ""),
                    installation: "prod", state: "/var/lib/modplan/state",
                    docker: "unix:///run/other.sock", images: "registry/prod",
                    volumes: .lvm(
                        group: "vg0", pool: "modplan", mounts: "/var/lib/modplan/prod/mounts"),
                    reconcileInterval: Interval(seconds: 60),
                    policy: .init(warnPercent: 70, refusePercent: 90, overcommitPercent: 150),
                    notify: .init(
                        target: .command(["/usr/local/bin/notify", "--app"]),
                        timeout: Interval(seconds: 5), retries: 0)))
    }

    @Test func theLeastHostFile() throws {
        let least = try decode("definitions: {repository: .}\ninstallation: a\n")
        #expect(least.volumes == .file(directory: "/var/lib/modplan/a/volumes"))
        #expect(least.state == "state")
        #expect(least.policy == HostFile.Policy(warnPercent: 80, refusePercent: 95))
        #expect(least.notify == nil)
    }

    @Test func aWebhook() throws {
        let notify = try decode(
            "definitions: {repository: .}\ninstallation: a\nnotify: {webhook: 'https://x.org/h'}\n"
        ).notify
        #expect(
            notify
                == .init(
                    target: .webhook("https://x.org/h"), timeout: Interval(seconds: 10), retries: 3)
        )
    }

    @Test(arguments: [
        ("instalation: b", "3:1: instalation: unknown key; did you mean 'installation'?"),
        ("state: ''", "3:8: state: '' is not a path"),
        ("docker: tcp://0.0.0.0:2375", "3:9: docker: 'tcp://0.0.0.0:2375' is not a unix socket"),
        ("images: Modplan", "3:9: images: 'Modplan' is not a prefix for image names"),
        ("images: a//b", "3:9: images: 'a//b' is not a prefix for image names"),
        ("volumes: {backend: zfs, pool: p}", "3:20: volumes.backend: 'zfs' is not a backend"),
        ("volumes: {backend: lvm, group: g}", "3:10: volumes.pool: the key is missing"),
        ("volumes: {backend: file, pool: p}", "3:26: volumes.pool: unknown key"),
        ("volumes: {directory: ./state/v}", "1:1: state: volumes.directory './state/v' lies"),
        ("reconcile: {interval: 0s}", "3:23: reconcile.interval: '0s' is not a duration"),
        ("policy: {warn: 80}", "3:16: policy.warn: '80' is not a percentage"),
        ("policy: {warn: 0%}", "3:16: policy.warn: '0%' is not a percentage"),
        (
            "policy: {overcommit: 2}",
            "3:22: policy.overcommit: '2' is not 'unlimited' or a percentage"
        ),
        ("policy: {warn: 99%}", "3:16: policy.warn: warns at 99%, after refusing at 95%"),
        ("notify: {command: notify --all}", "3:19: notify.command: expected a list of words"),
        ("notify: {command: [a, [b]]}", "3:23: notify.command[1]: found a list, expected a word"),
        ("notify: {webhook: 'ftp://x'}", "3:19: notify.webhook: 'ftp://x' is not an address"),
        ("notify: {command: [a], webhook: 'http://x'}", "3:33: notify.webhook: command and web"),
        ("notify: {retries: 1}", "3:9: notify.command: the key is missing"),
    ])
    func oneMistake(line: String, expected: String) throws {
        let text = "definitions: {repository: .}\ninstallation: a\n\(line)\n"
        let failure = #expect(throws: Diagnostics.self) { try decode(text) }
        let found = try #require(failure).list.map(\.description)
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix("modplan.yaml:\(expected)") == true, "\(found)")
    }

    @Test func whatIsRequired() throws {
        let failure = #expect(throws: Diagnostics.self) { try decode("state: s\n") }
        let found = try #require(failure).list.map { "\($0.path) \($0.message.prefix(18))" }
        #expect(
            found == [
                "definitions.repository the key is missing", "installation the key is missing",
            ]
        )
    }

    private func decode(_ text: String) throws -> HostFile {
        try decodeHostFile(Array(text.utf8), file: "modplan.yaml").get()
    }
}
