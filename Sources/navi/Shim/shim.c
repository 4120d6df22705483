#define _GNU_SOURCE
#include "CNavi.h"

#include <sys/prctl.h>
#include <sys/resource.h>

static char **arguments;

// glibc hands a constructor what main gets.
__attribute__((constructor)) static void keep_arguments(int count, char **values) {
    (void)count;
    arguments = values;
}

char **navi_arguments(void) { return arguments; }

char **navi_environment(void) { return environ; }

int navi_errno(void) { return errno; }

const int navi_o_path = O_PATH;

int navi_open_at(int directory, const char *path, int flags, mode_t mode) {
    return openat(directory, path, flags | O_CLOEXEC, mode);
}

static void raise_oom_score(const char *value) {
    int file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (file < 0) return;
    // Refused only where the score stands higher already.
    if (write(file, value, strlen(value)) < 0) errno = 0;
    close(file);
}

// The child's side of navi_spawn, up to the exec.
static void become(
    char *const command[], char *const environment[], const char *oom_score_adj, pid_t navi) {
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != navi) _exit(127); // navi died before the line above
    raise_oom_score(oom_score_adj);
    // supervisord leaves SIGPIPE ignored, and navi has blocked what it waits for.
    for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execvpe(command[0], command, environment);
}

pid_t navi_spawn(
    char *const command[], char *const environment[], const char *oom_score_adj, int *failure) {
    // Closed by a successful exec; carries errno otherwise.
    int report[2];
    if (pipe2(report, O_CLOEXEC) != 0) {
        *failure = errno;
        return -1;
    }
    pid_t navi = getpid();
    pid_t child = fork();
    if (child == 0) {
        become(command, environment, oom_score_adj, navi);
        int error = errno;
        _exit(write(report[1], &error, sizeof error) == sizeof error ? 127 : 126);
    }
    int error = child < 0 ? errno : 0;
    close(report[1]);
    if (child > 0) {
        while (read(report[0], &error, sizeof error) < 0 && errno == EINTR) {}
        if (error != 0) waitpid(child, NULL, 0);
    }
    close(report[0]);
    *failure = error;
    return error == 0 ? child : -1;
}

pid_t navi_next_process(DIR *processes) {
    struct dirent *entry;
    while ((entry = readdir(processes)) != NULL) {
        int number = atoi(entry->d_name);
        if (number > 0) return number;
    }
    return 0;
}

int navi_ending_signal(int status) { return WIFSIGNALED(status) ? WTERMSIG(status) : 0; }

int navi_exit_status(int status) { return WEXITSTATUS(status); }

void navi_die_by(int number) {
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    signal(number, SIG_DFL);
    sigset_t all;
    sigemptyset(&all);
    sigaddset(&all, number);
    sigprocmask(SIG_UNBLOCK, &all, NULL);
    kill(getpid(), number);
}
