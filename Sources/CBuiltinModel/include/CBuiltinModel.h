#ifndef C_BUILTIN_MODEL_H
#define C_BUILTIN_MODEL_H

#include <stddef.h>

/// One file of the built-in model, as it lies in Models/builtin; the bytes live as long as the process.
typedef struct {
    /// Relative to the model's folder, such as "unet/config.json".
    const char *path;
    /// Aligned to 64 bytes, like a mapped file.
    const unsigned char *bytes;
    size_t byte_count;
} builtin_model_file;

/// The number of files.
size_t builtin_model_file_count(void);

/// File `index`, below the count; a null path above it.
builtin_model_file builtin_model_file_at(size_t index);

#endif
