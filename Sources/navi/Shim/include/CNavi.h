#ifndef MODPLAN_CNAVI_H
#define MODPLAN_CNAVI_H

// The C library as navi sees it (Embedded Swift has no Glibc module), and what Swift cannot call:
// variadic functions, macros, and the few lines that run between fork and exec.

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/// The program's arguments, the program's name included; the array ends with NULL.
char *_Nullable *_Nonnull navi_arguments(void);

/// The program's environment; the array ends with NULL.
char *_Nullable *_Nonnull navi_environment(void);

int navi_errno(void);

/// O_PATH, which the C library shows to GNU sources alone.
extern const int navi_o_path;

/// openat, always close-on-exec.
int navi_open_at(int directory, const char *_Nonnull path, int flags, mode_t mode);

/// Starts a command (sought in the PATH) in a process group of its own. It gets default signals,
/// the given oom_score_adj, and SIGKILL when navi dies. Returns its pid, or -1 with the errno of
/// what failed in `failure`, the exec included.
pid_t navi_spawn(
    char *_Nullable const *_Nonnull arguments, char *_Nullable const *_Nonnull environment,
    const char *_Nonnull oom_score_adj, int *_Nonnull failure);

/// The next process that an open /proc lists, or 0 after the last.
pid_t navi_next_process(DIR *_Nonnull processes);

/// Of a status that waitpid gave: the signal that ended the process, or 0 if it exited.
int navi_ending_signal(int status);
int navi_exit_status(int status);

/// Ends navi by a signal's default action, without a core file. Returns if the kernel spared it:
/// PID 1 outlives its own signals.
void navi_die_by(int signal);

#endif
