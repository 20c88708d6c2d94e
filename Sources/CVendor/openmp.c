#include "openmp.h"

#include <stdlib.h>

void daguerre_openmp_configure(void) {
    // libgomp's own default (some milliseconds of spinning, then sleep) suits both a run, whose primitives follow each
    // other closely, and an idle server. Only its answer to fewer free cores than threads is left to the kernel:
    // threads that are bound to cores cannot make way for other programs.
    setenv("OMP_PROC_BIND", "false", 0);
    // The number of threads is ours to say, for each call.
    setenv("OMP_DYNAMIC", "false", 0);
}
