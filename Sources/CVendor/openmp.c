#include "openmp.h"

#include <stdlib.h>

void daguerre_openmp_configure(void) {
    // How long a thread spins for more work before it sleeps, in turns of a loop: some microseconds, about the
    // gap between two operations. libgomp's own default is milliseconds; where other programs want the cores, threads
    // that spin keep the one that works from running (measured on two busy cores: 0.4 s become 6.8 s).
    setenv("GOMP_SPINCOUNT", "500", 0);
    // Threads that are bound to cores cannot make way for other programs either.
    setenv("OMP_PROC_BIND", "false", 0);
    // The number of threads is ours to say, for each call.
    setenv("OMP_DYNAMIC", "false", 0);
}
