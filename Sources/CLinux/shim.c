#define _GNU_SOURCE
#include "CLinux.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <openssl/sha.h>
#include <sys/syscall.h>
#include <unistd.h>

int modplan_openat2(int directory, const char *path, int flags, uint32_t mode, uint64_t resolve) {
    struct open_how how = {0};
    how.flags = (uint64_t)(uint32_t)flags;
    how.mode = (flags & O_CREAT) ? mode : 0;
    how.resolve = resolve;
    return (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
}

void modplan_sha256(const void *bytes, size_t count, uint8_t *digest) {
    SHA256(bytes, count, digest);
}
