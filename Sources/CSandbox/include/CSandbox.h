#ifndef C_SANDBOX_H
#define C_SANDBOX_H

#include <stddef.h>
#include <sys/types.h>

/// Shuts this process in for good: no new file, socket, process or program, no new privileges, and no more address
/// space (bytes) and processor time (seconds) than given. What is open stays open.
///
/// Returns a null pointer, or a text that says what could not be done; then nothing that is not trusted may be read.
const char *sandbox_enter(size_t address_space, size_t processor_seconds);

/// A child of this process.
typedef struct {
    pid_t process;
    /// The end of a pipe from which its standard output is read.
    int output;
    /// 0, or the system's error number; then there is no child.
    int error;
} sandbox_child;

/// Runs the program at `path` with one argument, `input` as its standard input, and nothing else of this process but
/// LD_LIBRARY_PATH.
sandbox_child sandbox_start(const char *path, const char *argument, int input);

#endif
