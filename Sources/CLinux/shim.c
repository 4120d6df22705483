#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <sys/ioctl.h>
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
    /* Without its configuration file, which costs 2 ms to read and says nothing about SHA-256. */
    OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
    SHA256(bytes, count, digest);
}

int modplan_shares_blocks(const char *folder) {
    /* Some file systems have no files without a name: those that can share blocks do. */
    int source = open(folder, O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
    if (source < 0) return errno == EOPNOTSUPP || errno == EISDIR ? 0 : -1;
    int target = open(folder, O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
    int result = -1;
    /* An empty file would be cloned anywhere. */
    if (target >= 0 && write(source, "x", 1) == 1) {
        if (ioctl(target, FICLONE, source) == 0) result = 1;
        else if (errno == EOPNOTSUPP || errno == ENOTTY || errno == EINVAL || errno == EXDEV) result = 0;
    }
    int cause = errno;
    if (target >= 0) close(target);
    close(source);
    errno = cause;
    return result;
}

/* libgit2 parses the host's 140 root certificates when it starts, 5 ms, for connections that modplan
   never makes: it reads local repositories alone. Found here before mbed TLS's own, this reports
   that there are none, and TLS would trust nobody. */
int mbedtls_x509_crt_parse_file(void *chain, const char *path) {
    (void)chain;
    (void)path;
    return -1;
}
