#define _GNU_SOURCE
#include "CLinux.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <openssl/crypto.h>
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
    /* Without its configuration file, which costs 2 ms to read and says nothing about SHA-256. */
    OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
    SHA256(bytes, count, digest);
}

/* libgit2 parses the host's 140 root certificates when it starts, 5 ms, for connections that modplan
   never makes: it reads local repositories alone. Found here before mbed TLS's own, this reports
   that there are none, and TLS would trust nobody. */
int mbedtls_x509_crt_parse_file(void *chain, const char *path) {
    (void)chain;
    (void)path;
    return -1;
}
