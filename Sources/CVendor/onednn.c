#include "onednn.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "openmp.h"

// The dynamic linker names the file by its full path; people are told its base name only.
static void explain_linker(const char *path, char *detail, size_t capacity) {
    const char *reason = dlerror();
    if (reason == NULL) reason = "no reason given";
    size_t length = strlen(path);
    if (strncmp(reason, path, length) == 0 && strncmp(reason + length, ": ", 2) == 0) reason += length + 2;
    snprintf(detail, capacity, "%s", reason);
}

daguerre_onednn_outcome daguerre_onednn_open(
    const char *path, daguerre_onednn *library, char *detail, size_t capacity) {
    daguerre_openmp_configure();
    void *handle = dlopen(path, RTLD_LAZY | RTLD_LOCAL);
    if (handle == NULL) {
        explain_linker(path, detail, capacity);
        return DAGUERRE_ONEDNN_UNOPENABLE;
    }
    // The version comes first: an older library lacks functions, and its version is the better explanation.
    const dnnl_version_t *(*version)(void) = (const dnnl_version_t *(*)(void))dlsym(handle, "dnnl_version");
    if (version != NULL && version()->major != 3) {
        snprintf(detail, capacity, "%d.%d.%d", version()->major, version()->minor, version()->patch);
        dlclose(handle);
        return DAGUERRE_ONEDNN_OTHER_VERSION;
    }
    daguerre_onednn found;
    void *symbol;
#define DAGUERRE_LOOK_UP(RESULT, NAME, PARAMETERS)            \
    symbol = dlsym(handle, "dnnl_" #NAME);                    \
    if (symbol == NULL) {                                     \
        snprintf(detail, capacity, "%s", "dnnl_" #NAME);      \
        dlclose(handle);                                      \
        return DAGUERRE_ONEDNN_SYMBOL_MISSING;                \
    }                                                         \
    found.NAME = (RESULT (*) PARAMETERS)symbol;
    DAGUERRE_DNNL_FUNCTIONS(DAGUERRE_LOOK_UP)
#undef DAGUERRE_LOOK_UP
    // Looked up among the library and what it depends on, so that they are of the runtime it uses.
    found.omp_set_num_threads = (void (*)(int))dlsym(handle, "omp_set_num_threads");
    found.gomp_parallel = dlsym(handle, "GOMP_parallel");
    *library = found;
    return DAGUERRE_ONEDNN_OPENED;
}
