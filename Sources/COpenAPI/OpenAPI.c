// docs/openapi.json inside the executable, which serves it.
#include "COpenAPI.h"

#pragma clang diagnostic ignored "-Wc23-extensions"  // #embed: C23, and clang before it

static const unsigned char document[] = {
#embed "../../docs/openapi.json"
};

const unsigned char *open_api_bytes(void) { return document; }

size_t open_api_byte_count(void) { return sizeof document; }
