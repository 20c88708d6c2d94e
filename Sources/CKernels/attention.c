// Flash attention: out = softmax(q kT / sqrt(d)) v, one tile of scores at a time.
//
// Source: FlashAttention-2, arXiv 2307.08691, algorithm 1. A task owns a block of queries of one head and walks over
// the keys in tiles. Of a tile it computes the scores, turns them into weights and adds the weighted values to its
// sums; what it keeps between tiles is, for each query, the highest score so far, the sum of the weights, and the
// weighted sum of the values, both relative to that highest score.
//
// Layout. All products are computed transposed, with one query in each lane of a vector and keys (then dimensions)
// along the rows:
//
//     scores [keys, queries] = k [keys, d] * q [d, queries]
//     sums [d, queries] += v [d, keys] * weights [keys, queries]
//
// So the softmax needs no operation across lanes, its state is one vector, the weights leave it in the very layout in
// which the second product reads them, and d is never padded to a vector's width: 40 costs what 40 should. Both are the
// same product of a panel, whose numbers are broadcast one by one, and a block with a row of vectors for each step of
// depth. A first pass brings k and v into such panels, per tile of keys:
//
//     k: [keys / rows][d][rows]      v: [d / rows][keys][rows]
//
// With AVX512_BF16 one step of depth is a pair of neighbours, which share a 32-bit word: two dimensions in q and k, two
// keys in the weights and v. `unit` is how many numbers such a word holds, and "depth" counts words.
#include "CKernels.h"

#include <math.h>

// Keys in a tile: enough to pay for reading and writing the sums once per tile, few enough that the scores (16 KiB in
// AVX-512) leave room for the panels in the nearest cache.
enum { tile_keys = 128 };

// What an instruction set's kernels work in.
typedef struct {
    size_t unit;     // numbers in a 32-bit word
    size_t rows;     // of a panel
    size_t queries;  // of a block: two vectors
} attention_geometry;

typedef struct {
    daguerre_attention_shape shape;
    attention_geometry geometry;
    size_t depth;   // words in a row of q or k
    size_t dims;    // d, rounded up to whole panels
    size_t tiles;   // of keys
    size_t blocks;  // of queries
    size_t tile_size, workspace_size;  // in words

    const void *q, *k, *v;
    void *out;
    float *panels;      // [batch_kv, heads, tiles, tile_size]
    float *workspaces;  // one for each worker: a block of queries, its scores, its sums
} attention;

static size_t pieces(size_t count, size_t size) { return (count + size - 1) / size; }
static size_t lesser(size_t a, size_t b) { return a < b ? a : b; }

#define KERNEL "attention_kernel.h"
#include "each_isa.h"

// The set whose kernels take this shape. Pairs are for bfloat16 with an even d, whose rows are whole words.
static daguerre_isa isa_for(const daguerre_attention_shape *shape) {
    bool has_pairs = shape->type == DAGUERRE_BFLOAT16 && shape->d % 2 == 0;
    daguerre_isa isa = daguerre_isa_current();
    return isa == DAGUERRE_AVX512_BF16 && !has_pairs ? DAGUERRE_AVX512 : isa;
}

static attention plan(const daguerre_attention_shape *shape, daguerre_isa isa) {
    attention_geometry geometry = FOR_ISA(isa, geometry)();
    attention plan = {.shape = *shape, .geometry = geometry};
    plan.depth = shape->d / geometry.unit;
    plan.dims = pieces(shape->d, geometry.rows) * geometry.rows;
    plan.tiles = pieces(shape->keys, tile_keys);
    plan.blocks = pieces(shape->queries, geometry.queries);
    plan.tile_size = tile_keys * plan.depth + tile_keys / geometry.unit * plan.dims;
    plan.workspace_size = (plan.depth + tile_keys + plan.dims) * geometry.queries;
    return plan;
}

enum { alignment = 64 };

size_t daguerre_attention_scratch(const daguerre_attention_shape *shape, int thread_count) {
    attention sizes = plan(shape, isa_for(shape));
    size_t panels = shape->batch_kv * shape->heads * sizes.tiles * sizes.tile_size;
    return (panels + (size_t)thread_count * sizes.workspace_size) * sizeof(float) + alignment;
}

void daguerre_attention(
    daguerre_team *team, const daguerre_attention_shape *shape, const void *q, const void *k, const void *v, void *out,
    void *scratch) {
    daguerre_isa isa = isa_for(shape);
    attention work = plan(shape, isa);
    size_t tiles = shape->batch_kv * shape->heads * work.tiles;
    work.q = q;
    work.k = k;
    work.v = v;
    work.out = out;
    work.panels = (float *)(((uintptr_t)scratch + alignment - 1) / alignment * alignment);
    work.workspaces = work.panels + tiles * work.tile_size;
    daguerre_team_run(team, tiles, &work, FOR_ISA(isa, pack_tile));
    daguerre_team_run(team, shape->batch * shape->heads * work.blocks, &work, FOR_ISA(isa, attend));
}
