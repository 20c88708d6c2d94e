#ifndef C_OPEN_API_H
#define C_OPEN_API_H

#include <stddef.h>

/// docs/openapi.json; the bytes live as long as the process.
const unsigned char *open_api_bytes(void);

/// How many there are.
size_t open_api_byte_count(void);

#endif
