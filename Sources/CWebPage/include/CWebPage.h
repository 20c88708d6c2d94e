#ifndef C_WEB_PAGE_H
#define C_WEB_PAGE_H

#include <stddef.h>

/// One file of the page, as it lies in Web; the bytes live as long as the process.
typedef struct {
    /// Relative to Web, such as "assets/scripts/main.js".
    const char *path;
    const unsigned char *bytes;
    size_t byte_count;
} web_page_file;

/// The number of files.
size_t web_page_file_count(void);

/// File `index`, below the count; a null path above it.
web_page_file web_page_file_at(size_t index);

#endif
