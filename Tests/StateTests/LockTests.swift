import Foundation
import Host
import Testing

@testable import State

/// Against another process, as locks are for: flock(1) holds the file.
@Suite struct LockTests {
    /// Whoever only needs a thing to stay shares it; whoever ends it has it alone.
    @Test func aSharedLockKeepsOutOnlyWhoWantsItAlone() async throws {
        try await withFolder { folder in
            let locks = FileLocks(folder)
            var first: (any HeldLock)? = try await shared(locks)
            let second = try await shared(locks)
            await #expect(throws: LockedError.self) {
                try await locks.lock("a.artifact.k", operation: "prune")
            }
            #expect(try locks.held(prefix: "a.artifact.") == ["a.artifact.k"])
            try locks.removeUnheld(prefix: "a.")
            first = nil
            #expect(try locks.held(prefix: "") == ["a.artifact.k"])
            withExtendedLifetime((first, second)) {}
        }
        try await withFolder { folder in
            let locks = FileLocks(folder)
            let alone = try await locks.lock("a.artifact.k", operation: "prune")
            await #expect(throws: LockedError.self) { try await shared(locks) }
            withExtendedLifetime(alone) {}
        }
    }

    private func shared(_ locks: FileLocks) async throws -> any HeldLock {
        try await locks.lock("a.artifact.k", .shared, operation: "apply", waitSeconds: 0)
    }

    @Test func anotherProcessIsRefusedNamingTheHolder() async throws {
        try await withFolder { folder in
            let locks = FileLocks("\(folder)/locks")
            let held = try await locks.lock("web", operation: "apply")
            #expect(try Self.tryFlock("\(folder)/locks/web.lock") == 1)
            let holder = String(decoding: try bytes("\(folder)/locks/web.lock"), as: UTF8.self)
            #expect(holder.contains("pid \(getpid()) on "))
            #expect(holder.contains("apply since 20"))
            #expect(try Self.tryFlock("\(folder)/locks/shop.lock") == 0)
            withExtendedLifetime(held) {}
        }
    }

    /// Two of modplan exclude each other, in one process as well.
    @Test func theSameLockIsHadOnce() async throws {
        try await withFolder { folder in
            let locks = FileLocks("\(folder)/locks")
            let held = try await locks.lock("web", operation: "destroy")
            let error = await #expect(throws: LockedError.self) {
                try await locks.lock("web", operation: "apply")
            }
            #expect(error?.holder.contains("destroy since 20") == true)
            withExtendedLifetime(held) {}
        }
    }

    @Test func aHeldLockIsRefusedAndDiesWithItsHolder() async throws {
        try await withFolder { folder in
            let locks = FileLocks("\(folder)/locks")
            let other = try Holder("\(folder)/locks/web.lock", saying: "root, pid 7 on host, apply")
            let error = await #expect(throws: LockedError.self) {
                try await locks.lock("web", operation: "apply")
            }
            #expect(error?.description.contains("web is locked by root, pid 7 on host") == true)
            #expect(error?.description.contains("--lock-timeout") == true)
            // Another app's lock is another lock.
            _ = try await locks.lock("shop", operation: "apply")
            other.kill()
            _ = try await locks.lock("web", operation: "apply", waitSeconds: 5)
        }
    }

    @Test func aLockIsWaitedFor() async throws {
        try await withFolder { folder in
            let locks = FileLocks("\(folder)/locks")
            let other = try Holder("\(folder)/locks/web.lock", saying: "somebody")
            async let lock = locks.lock("web", operation: "apply", waitSeconds: 10)
            try await Task.sleep(for: .milliseconds(200))
            other.kill()
            _ = try await lock
        }
    }

    @Test func aLockIsGivenBack() async throws {
        try await withFolder { folder in
            let locks = FileLocks("\(folder)/locks")
            for _ in 0..<2 { _ = try await locks.lock("web", operation: "apply") }
            #expect(try Self.tryFlock("\(folder)/locks/web.lock") == 0)
        }
    }

    /// As a child has it between fork and exec.
    @Test func aCopyOfTheDescriptorKeepsNoLock() async throws {
        try await withFolder { folder in
            let locks = FileLocks("\(folder)/locks")
            let path = "\(folder)/locks/web.lock"
            var held: (any HeldLock)? = try await locks.lock("web", operation: "apply")
            withExtendedLifetime(held) {}
            var file = stat()
            #expect(stat(path, &file) == 0)
            let copies = (0..<256).filter { descriptor in
                var status = stat()
                return fstat(descriptor, &status) == 0 && status.st_ino == file.st_ino
                    && status.st_dev == file.st_dev
            }.map { fcntl($0, F_DUPFD_CLOEXEC, 0) }
            defer { for copy in copies { close(copy) } }
            #expect(copies.count == 1)
            held = nil
            #expect(try Self.tryFlock(path) == 0)
        }
    }

    @Test func aLinkInTheLocksPlaceIsRefused() async throws {
        try await withFolder { folder in
            let locks = FileLocks("\(folder)/locks")
            try write("kept", to: "elsewhere", in: folder)
            try write("", to: "locks/x", in: folder)
            try FileManager.default.createSymbolicLink(
                atPath: "\(folder)/locks/web.lock", withDestinationPath: "\(folder)/elsewhere")
            await #expect(throws: SystemError.self) {
                try await locks.lock("web", operation: "apply")
            }
            #expect(try bytes("\(folder)/elsewhere") == Array("kept".utf8))
        }
    }

    /// The status of flock(1) that does not wait: 1 where another process has it.
    private static func tryFlock(_ path: String) throws -> Int32 {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/flock")
        process.arguments = ["--nonblock", path, "true"]
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus
    }

    /// A process that holds a lock until it is killed.
    private final class Holder {
        private let process = Process()

        init(_ path: String, saying holder: String) throws {
            let pipe = Pipe()
            try FileManager.default.createDirectory(
                at: URL(filePath: path).deletingLastPathComponent(),
                withIntermediateDirectories: true)
            process.executableURL = URL(filePath: "/bin/sh")
            // One process: exec leaves nobody behind who would keep the lock.
            process.arguments = [
                "-c", #"exec 9>"$1"; flock 9; printf %s "$2" >&9; echo held; exec sleep 60"#, "sh",
                path, holder,
            ]
            process.standardOutput = pipe
            try process.run()
            // Held once it says so.
            _ = pipe.fileHandleForReading.availableData
        }

        deinit { kill() }

        func kill() {
            guard process.isRunning else { return }
            Foundation.kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
    }
}
