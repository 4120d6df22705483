import Glibc
import Host

/// True if the ext4 on a file or device asks to be checked before it is mounted: it was not unmounted
/// in peace, its journal is to be replayed, or the kernel found an error in it.
///
/// Two fields of the superblock, which lies 1024 bytes from the start: reading them costs nothing at
/// each mount.
/// - Returns: false where there is no ext4: mounting says better what is wrong.
func asksForCheck(_ path: String) throws(SystemError) -> Bool {
    let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard file >= 0 else { throw SystemError("open", path) }
    defer { close(file) }
    var block = [UInt8](repeating: 0, count: 1024)
    let count = pread(file, &block, block.count, 1024)
    guard count >= 0 else { throw SystemError("read", path) }
    return count == block.count && asksForCheck(superblock: block)
}

func asksForCheck(superblock block: [UInt8]) -> Bool {
    func word(_ offset: Int) -> Int { Int(block[offset]) | Int(block[offset + 1]) << 8 }
    guard block.count == 1024, word(0x38) == 0xEF53 else { return false }
    let state = word(0x3A)
    let isClean = state & 1 != 0
    let hasErrors = state & 2 != 0
    let needsRecovery = word(0x60) & 4 != 0
    return !isClean || hasErrors || needsRecovery
}
