#define _GNU_SOURCE
#include "CSandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

sandbox_child sandbox_start(const char *path, const char *argument, int input) {
    int pipe_ends[2];
    if (pipe2(pipe_ends, O_CLOEXEC)) return (sandbox_child){-1, -1, errno};

    // Where the program finds Swift's libraries, if it is not static.
    char libraries[4096] = "";
    const char *path_of_libraries = getenv("LD_LIBRARY_PATH");
    char *environment[] = {NULL, NULL};
    if (path_of_libraries &&
        snprintf(libraries, sizeof libraries, "LD_LIBRARY_PATH=%s", path_of_libraries) < (int)sizeof libraries)
        environment[0] = libraries;

    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    // The parent may have blocked the signals that ask it to end.
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);

    char *arguments[] = {(char *)path, (char *)argument, NULL};
    pid_t process = -1;
    int error = posix_spawn(&process, path, &actions, &attributes, arguments, environment);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    close(pipe_ends[1]);
    if (error) {
        close(pipe_ends[0]);
        return (sandbox_child){-1, -1, error};
    }
    return (sandbox_child){process, pipe_ends[0], 0};
}
