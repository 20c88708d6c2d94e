#include "openmp.h"

#include <stdlib.h>

void daguerre_openmp_configure(void) {
    // How long a thread spins for more work before it sleeps, in turns of a loop: about 0.2 ms, which covers the gap
    // between two operations and the wait for the slower half of one. Sleeping sooner costs a step of SD 1.5 8 % on two
    // virtual cores, whose waking is slow; libgomp's own default of some milliseconds starves the thread that works
    // where other programs want the cores, too (measured there: 0.4 s became 6.8 s).
    setenv("GOMP_SPINCOUNT", "10000", 0);
    // Threads that are bound to cores cannot make way for other programs either.
    setenv("OMP_PROC_BIND", "false", 0);
    // The number of threads is ours to say, for each call.
    setenv("OMP_DYNAMIC", "false", 0);
}
