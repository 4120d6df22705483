/* What Swift cannot see of Linux: system calls without a wrapper, headers that Glibc's module leaves
   out, and libcrypto's digest. */
#ifndef MODPLAN_CLINUX_H
#define MODPLAN_CLINUX_H

#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

/* O_PATH of fcntl.h, which shows it to GNU programs only. */
#define MODPLAN_O_PATH 010000000

#define MODPLAN_RESOLVE_NO_XDEV 0x01
#define MODPLAN_RESOLVE_NO_SYMLINKS 0x04
#define MODPLAN_RESOLVE_BENEATH 0x08

/* openat2(2). Returns a descriptor, or -1 with errno set. */
int modplan_openat2(int directory, const char *path, int flags, uint32_t mode, uint64_t resolve);

/* SHA-256 of `count` bytes into `digest`, which holds 32 bytes. */
void modplan_sha256(const void *bytes, size_t count, uint8_t *digest);

/* Tries FICLONE of ioctl_ficlone(2) between two files without a name in the folder, which leave no
   trace. Returns 1 if they shared a block, 0 if the file system cannot, -1 with errno set. */
int modplan_shares_blocks(const char *folder);

#endif
