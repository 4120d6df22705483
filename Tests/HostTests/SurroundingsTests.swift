import Foundation
import Glibc
import Testing

@testable import Host

@Suite struct SurroundingsTests {
    private let table = """
        1: FLOCK  ADVISORY  WRITE 4467 fe:00:1032260 0 EOF
        1: -> FLOCK  ADVISORY  WRITE 4468 fe:00:1032260 0 EOF
        2: POSIX  ADVISORY  READ 12 fe:00:7 0 EOF
        3: FLOCK  ADVISORY  READ -1 00:1c:9 0 EOF
        4: FLOCK  torn

        """

    @Test func heldLocksAreToldApartFromWaitingOnes() {
        #expect(
            heldFileLocks(in: table) == [
                HeldFileLock(pid: 4467, major: 0xfe, minor: 0, inode: 1_032_260),
                HeldFileLock(pid: 0, major: 0, minor: 0x1c, inode: 9),
            ])
    }

    @Test func whoHoldsALockIsToldWithoutTouchingIt() throws {
        let path = "/tmp/modplan-lock-\(UUID())"
        defer { unlink(path) }
        #expect(try lockHolder(of: path) == nil)
        do {
            let lock = try FileLock.take(path, holder: "me")
            #expect(try lockHolder(of: path) == LockHolder(pid: getpid(), text: "me"))
            withExtendedLifetime(lock) {}
        }
        // What was written stays; nobody holds it.
        #expect(try lockHolder(of: path) == nil)
    }

    @Test func listenersAreFoundByPort() throws {
        let table = """
              sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
               0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4242 1
               1: 0100007F:1F90 0100007F:D431 01 00000000:00000000 00:00000000 00000000     0        0 4243 1
               2: 0100007F:1F91 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4244 1
            """
        #expect(listeningInodes(in: table, port: 8080) == ["4242"])
    }

    @Test func aTakenPortNamesItsProcess() throws {
        let taken = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(taken) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let port = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = bind(taken, $0, length)
                _ = listen(taken, 1)
                _ = getsockname(taken, $0, &length)
            }
            return Int(UInt16(bigEndian: pointer.pointee.sin_port))
        }
        #expect(listenFailure("127.0.0.1", port) == EADDRINUSE)
        #expect(listener(on: port)?.pid == getpid())
        #expect(listenFailure("192.0.2.1", 8080) == EADDRNOTAVAIL)
        #expect(listenFailure("127.0.0.1", 70000) == EINVAL)
    }

    @Test func programsAreFoundOnThePath() {
        #expect(findTool("sh")?.hasSuffix("/sh") == true)
        #expect(findTool("no-such-program") == nil)
    }

    @Test func theNearestFolderThatIsThere() {
        #expect(nearestExisting("/usr/bin") == "/usr/bin")
        #expect(nearestExisting("/usr/nowhere/deep") == "/usr")
        #expect(nearestExisting("/nowhere") == "/")
    }
}
