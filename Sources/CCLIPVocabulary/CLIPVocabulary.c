// The merges of CLIP's vocabulary inside the executable: checkpoints of one file carry none.
#include "CCLIPVocabulary.h"

#pragma clang diagnostic ignored "-Wc23-extensions"  // #embed: C23, and clang before it

static const unsigned char merges[] = {
#embed "../../Models/clip-vocabulary/merges.txt"
};

const unsigned char *clip_vocabulary_merges(size_t *byte_count) {
    *byte_count = sizeof merges;
    return merges;
}
