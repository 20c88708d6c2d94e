#ifndef C_CLIP_VOCABULARY_H
#define C_CLIP_VOCABULARY_H

#include <stddef.h>

/// The text of CLIP's merges.txt and its length; it lives as long as the process.
const unsigned char *clip_vocabulary_merges(size_t *byte_count);

#endif
