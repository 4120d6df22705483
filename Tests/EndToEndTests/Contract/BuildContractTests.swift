import FoundationEssentials
import Glibc
import Host
import Testing

/// How builds fail: each way with its own words, and with nothing left of it.
@Suite struct BuildContractTests {
    /// A build, and what modplan has to say of it.
    private struct Case {
        var build: String
        var script: String
        var wanted: String
    }

    @Test func eachFailureIsToldApartAndLeavesNothing() async throws {
        // Unlike any other process on this machine.
        let marker = "86400.\(UInt32.random(in: 0...UInt32.max))"
        let cases = [
            Case(
                build: "timeout: 4s",
                // In a session of its own, with its own parent gone.
                script: """
                    const { spawn } = require('child_process');
                    spawn('sh', ['-c', 'setsid sleep \(marker) & exit'], { detached: true });
                    setTimeout(() => {}, 60000);
                    """, wanted: "did not end within 4 s and was killed; raise build.timeout"),
            Case(
                build: "volume: 48MiB",
                script: """
                    const fs = require('fs');
                    const file = fs.openSync('/mnt/tmp/x', 'w');
                    for (;;) fs.writeSync(file, Buffer.alloc(1 << 20));
                    """, wanted: "filled its volume (48 MiB); raise build.volume"),
            Case(
                build: "memory: 128MiB",
                script: "const kept = []; for (;;) kept.push(Buffer.alloc(1 << 22, 1));",
                wanted: "ran out of memory (128 MiB); raise build.memory"),
            Case(
                build: "memory: 1GiB",
                script: """
                    const options = { stdio: 'inherit' };
                    const script = 'while :; do sleep \(marker) & done';
                    const { status } = require('child_process').spawnSync('sh', ['-c', script], options);
                    process.exit(status);
                    """, wanted: "ran out of processes (1024 at once)"),
            Case(
                build: "memory: 512MiB", script: "process.exit(7)",
                wanted: "failed with exit status 1"),
        ]
        try await Fixture.with { world in
            for (index, item) in cases.enumerated() {
                let app = "app\(index)"
                try world.write(
                    """
                    app: \(app)
                    language: node
                    source: {path: sources/\(app)}
                    build: {network: none, \(item.build)}
                    run: {volume: 64MiB}

                    """, to: "apps/\(app).yaml")
                try world.write(
                    #"{"name": "\#(app)", "scripts": {"build": "node build.js"}}"#,
                    to: "sources/\(app)/package.json")
                try world.write(item.script, to: "sources/\(app)/build.js")
            }
            try defineIncomplete(world)
            try await world.commit("bad builds")
            let failed = try await world.modplan("apply", "--yes")
            #expect(failed.status == 1)
            for item in cases { #expect(failed.errors.contains(item.wanted), "\(item) \(failed)") }
            expectMissing(failed)
            try await expectNothingLeft(world)
            #expect(try Self.processes(with: marker).isEmpty)
        }
    }

    /// Two apps whose images are not whole: one has no `build`, the other no `start`.
    private func defineIncomplete(_ world: Fixture) throws {
        for (app, images) in [
            ("unbuilt", "build: build-base, run: run-static"),
            ("unstarted", "build: build-static, run: run-base"),
        ] {
            try world.write(
                """
                app: \(app)
                images: {\(images)}
                source: {path: sources/hello-static}
                build: {network: none, volume: 32MiB}
                run: {volume: 32MiB}

                """, to: "apps/\(app).yaml")
        }
    }

    private func expectMissing(_ failed: Outcome) {
        for words in [
            "the build image has no executable 'build' on its PATH; name another image with images",
            "navi: start build: No such file",
            "the run image has no executable 'start' on its PATH; name another image with images",
            "navi: start start: No such file",
        ] {
            #expect(failed.errors.contains(words), "\(failed)")
        }
    }

    /// What was built well stays: the app that has only no `start`.
    private func expectNothingLeft(_ world: Fixture) async throws {
        let left = try await Tool.run(
            "docker",
            [
                "ps", "--all", "--filter", "label=modplan.installation=\(world.name)", "--format",
                "{{.Names}}",
            ])
        #expect(left == "\(world.name).unstarted.0.r1\n")
        let images = try Directory(path: "\(world.volumes)/images").names()
        #expect(images.count == 2 && images.contains { $0.contains("unstarted") }, "\(images)")
    }

    private static func processes(with word: String) throws -> [String] {
        try Directory(path: "/proc").names().filter { Int($0) != nil }.compactMap { pid in
            guard let bytes = try? readHostFile("/proc/\(pid)/cmdline", limit: 64 << 10) else {
                return nil
            }
            let line = String(decoding: bytes.map { $0 == 0 ? 32 : $0 }, as: UTF8.self)
            return line.contains(word) ? line : nil
        }
    }
}
