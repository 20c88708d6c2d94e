// The OpenMP runtime that a vendor library brought into the process.
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

// Settles how idle OpenMP threads wait, unless the user's environment says. The runtime reads it once, when it is
// loaded, so this comes before the first library that depends on it.
void daguerre_openmp_configure(void);

#ifdef __cplusplus
}
#endif
