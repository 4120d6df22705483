// The floor of a no-op plan: lists the containers of one installation, then inspects each and asks
// each one's supervisord for its programs, all at once over plain sockets from one thread. Answers
// are read to their end and not decoded. Nothing else that a plan needs is read.
//
//     floor ENGINE-SOCKET INSTALLATION MOUNTS
//
// MOUNTS is where the installation's volumes are mounted. Prints how many of each answered.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { LIMIT = 4096 };

typedef struct {
    int socket;
    char *bytes;
    size_t length, capacity;
} Exchange;

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static void ask(Exchange *exchange, int poller, const char *path, const char *request) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        fail(path);
    }
    strcpy(address.sun_path, path);
    exchange->socket = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    exchange->length = 0;
    if (exchange->socket < 0) fail("socket");
    // A listener that has too many waiting makes us wait here.
    if (connect(exchange->socket, (struct sockaddr *)&address, sizeof address) != 0) fail(path);
    size_t size = strlen(request);
    if (write(exchange->socket, request, size) != (ssize_t)size) fail("write");
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = exchange};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, exchange->socket, &event) != 0) fail("epoll_ctl");
}

/// Reads what there is; true at the end, which both services mark by closing.
static bool take(Exchange *exchange) {
    if (exchange->capacity - exchange->length < 1 << 14) {
        exchange->capacity = 2 * exchange->capacity + (1 << 15);
        exchange->bytes = realloc(exchange->bytes, exchange->capacity);
        if (!exchange->bytes) fail("realloc");
    }
    ssize_t count = read(
        exchange->socket, exchange->bytes + exchange->length,
        exchange->capacity - exchange->length - 1);
    if (count < 0) fail("read");
    exchange->length += count;
    exchange->bytes[exchange->length] = 0;
    if (count == 0) close(exchange->socket);
    return count == 0;
}

static void await(int poller, int count) {
    struct epoll_event ready[64];
    while (count > 0) {
        int found = epoll_wait(poller, ready, 64, 10000);
        if (found <= 0) fail("no answer in time");
        for (int index = 0; index < found; index++) count -= take(ready[index].data.ptr);
    }
}

int main(int count, char **arguments) {
    if (count != 4) return 2;
    const char *engine = arguments[1], *installation = arguments[2], *mounts = arguments[3];
    int poller = epoll_create1(EPOLL_CLOEXEC);
    if (poller < 0) fail("epoll_create1");
    char request[1024], path[512];
    static Exchange exchanges[LIMIT];
    int asked = 0, programs = 0;

    Exchange list = {0};
    snprintf(
        request, sizeof request,
        "GET /v1.41/containers/json?all=true&filters=%%7B%%22label%%22%%3A%%5B%%22modplan."
        "installation%%3D%s%%22%%5D%%7D HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\r\n",
        installation);
    ask(&list, poller, engine, request);

    const char body[] = "<?xml version='1.0'?><methodCall><methodName>supervisor.getAllProcessInfo"
                        "</methodName><params></params></methodCall>";
    snprintf(
        request, sizeof request,
        "POST /RPC2 HTTP/1.1\r\nHost: app\r\nConnection: close\r\nContent-Type: text/xml\r\n"
        "Content-Length: %zu\r\n\r\n%s",
        sizeof body - 1, body);
    DIR *folder = opendir(mounts);
    if (!folder) fail(mounts);
    struct dirent *entry;
    while ((entry = readdir(folder)) && asked < LIMIT) {
        if (entry->d_name[0] == '.') continue;
        snprintf(path, sizeof path, "%s/%s/home/supervisor.sock", mounts, entry->d_name);
        if (access(path, F_OK) != 0) continue;
        ask(&exchanges[asked++], poller, path, request);
        programs++;
    }
    closedir(folder);
    // The list comes first or last: whatever came is taken meanwhile.
    int waiting = asked + 1;
    struct epoll_event ready;
    while (true) {
        if (epoll_wait(poller, &ready, 1, 10000) <= 0) fail("no answer in time");
        if (!take(ready.data.ptr)) continue;
        waiting--;
        if (ready.data.ptr == &list) break;
    }
    int containers = 0;
    for (char *found = strstr(list.bytes, "\"Id\":\""); found && asked < LIMIT;
         found = strstr(found + 1, "\"Id\":\"")) {
        snprintf(
            request, sizeof request,
            "GET /v1.41/containers/%.64s/json HTTP/1.1\r\nHost: docker\r\n"
            "Connection: close\r\n\r\n",
            found + 6);
        ask(&exchanges[asked++], poller, engine, request);
        containers++;
        waiting++;
    }
    await(poller, waiting);
    for (int index = 0; index < asked; index++) {
        if (!strstr(exchanges[index].bytes, " 200 OK")) {
            fprintf(stderr, "refused: %.200s\n", exchanges[index].bytes);
            return 1;
        }
    }
    printf("%d containers inspected, %d supervisords asked\n", containers, programs);
    return 0;
}
