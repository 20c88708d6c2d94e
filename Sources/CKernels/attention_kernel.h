// The kernels of flash attention for one instruction set; attention.c tells the method and the layouts.
#undef UNIT
#undef ROWS
#if AVX512_BF16
#define UNIT 2
#else
#define UNIT 1
#endif
// Two vectors of sums for each row of a panel: 16 of 32 registers, or 8 of 16.
#if AVX512 || defined(__aarch64__)
#define ROWS 8
#else
#define ROWS 4
#endif
#define QUERIES (2 * WIDTH)

#define multiply_add NAME(multiply_add)
#define join NAME(join)
#define join_exact NAME(join_exact)
#define add_weights NAME(add_weights)
#define power_of_two NAME(power_of_two)
#define multiply NAME(multiply)
#define transpose NAME(transpose)
#define deal NAME(deal)
#define pack_columns NAME(pack_columns)
#define unpack_sums NAME(unpack_sums)
#define score_tile NAME(score_tile)
#define weigh_tile NAME(weigh_tile)
#define add_values NAME(add_values)
#define softmax_state NAME(softmax_state)

static attention_geometry NAME(geometry)(void) { return (attention_geometry){UNIT, ROWS, QUERIES}; }

// MARK: Arithmetic

// c + a b, where a word of a and b is one number or a pair of them.
INLINE floats multiply_add(floats c, floats a, floats b) {
#if UNIT == 2
    return _mm512_dpbf16_ps(c, (__m512bh)a, (__m512bh)b);
#else
    return a * b + c;
#endif
}

// The weights of UNIT keys as words, rounded to bfloat16 where these are pairs.
INLINE floats join(const floats weights[UNIT]) {
#if UNIT == 2
    const words interleaved = {
        0x100000, 0x110001, 0x120002, 0x130003, 0x140004, 0x150005, 0x160006, 0x170007,
        0x180008, 0x190009, 0x1a000a, 0x1b000b, 0x1c000c, 0x1d000d, 0x1e000e, 0x1f000f};
    __m512i halves_in_order = (__m512i)_mm512_cvtne2ps_pbh(weights[1], weights[0]);
    return (floats)_mm512_permutexvar_epi16((__m512i)interleaved, halves_in_order);
#else
    return weights[0];
#endif
}

// The same for numbers that are bfloat16 already, and thus the upper half of their word.
INLINE floats join_exact(const floats values[UNIT]) {
#if UNIT == 2
    return (floats)((words)values[0] >> 16 | (words)values[1]);
#else
    return values[0];
#endif
}

// sum + the weights in a word.
INLINE floats add_weights(floats sum, floats joined) {
#if UNIT == 2
    const words ones = (words){0} + 0x3f803f80;
    return multiply_add(sum, joined, (floats)ones);
#else
    return sum + joined;
#endif
}

// 2^x for x <= 0; 2^-infinity is 0, NaN stays NaN.
//
// The polynomial is the minimax of 2^f on 0...1 that is exact at 0, where the highest score lies: with a relative error
// of 8.3e-8, or 8.6e-5 where bfloat16 then rounds by up to 2e-3.
INLINE floats power_of_two(floats x) {
#if AVX512
    floats f = _mm512_reduce_ps(x, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
#else
    const float rounding = 0x1.8p23f;  // leaves the nearest integer in the low bits
    x = larger(all(-126.5f), x);
    floats shifted = (x - 0.5f) + rounding;
    floats f = x - (shifted - rounding);
#endif
#if UNIT == 2
    floats p = f * 0.0770670548f + 0.227644980f;
    p = p * f + 0.695116818f;
#else
    floats p = f * 0.00186713013f + 0.00901702978f;
    p = p * f + 0.0557999127f;
    p = p * f + 0.240164444f;
    p = p * f + 0.693151295f;
#endif
    p = p * f + 1;
#if AVX512
    return _mm512_scalef_ps(p, x);
#else
    return p * (floats)(((words)shifted + 127) << 23);
#endif
}

// product[row] = the sum over i < depth of panel[i][row] block[i], all in registers.
//
// The one loop that counts: ROWS broadcasts and two vectors from the nearest cache feed 2 ROWS multiplications.
INLINE void multiply(const float *panel, const float *block, size_t depth, floats product[ROWS][2]) {
    for (int row = 0; row < ROWS; row++) product[row][0] = product[row][1] = all(0);
    for (; depth > 0; depth--, panel += ROWS, block += QUERIES) {
        floats left = load(DAGUERRE_FLOAT32, block, 0), right = load(DAGUERRE_FLOAT32, block, WIDTH);
        for (int row = 0; row < ROWS; row++) {
            floats value = all(panel[row]);
            product[row][0] = multiply_add(product[row][0], value, left);
            product[row][1] = multiply_add(product[row][1], value, right);
        }
    }
}

// MARK: Rearrangement

// A WIDTH x WIDTH transposition, as log2 WIDTH perfect shuffles of all its numbers: each turns the index, the bits of
// row and column, by one place.
INLINE void transpose(floats x[WIDTH]) {
    for (int stage = 1; stage < WIDTH; stage *= 2) {
        floats turned[WIDTH];
        for (int i = 0; i < WIDTH / 2; i++) {
            floats a = x[i], b = x[i + WIDTH / 2];
#if WIDTH == 16
            turned[2 * i] =
                __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
            turned[2 * i + 1] =
                __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
#elif WIDTH == 8
            turned[2 * i] = __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
            turned[2 * i + 1] = __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
#else
            turned[2 * i] = __builtin_shufflevector(a, b, 0, 4, 1, 5);
            turned[2 * i + 1] = __builtin_shufflevector(a, b, 2, 6, 3, 7);
#endif
        }
        for (int i = 0; i < WIDTH; i++) x[i] = turned[i];
    }
}

// Deals the first `count` lanes out in runs of `run`, each `stride` words after the one before; a last run is whole.
INLINE void deal(float *out, floats x, size_t count, size_t run, size_t stride) {
    for (size_t lane = 0; lane < count; lane += run, out += stride) {
        memcpy(out, (const float *)&x + lane, run * sizeof(float));
    }
}

// Turns up to WIDTH rows of a head of q or k, the first of them at word `first`, into columns: word i of row r goes to
// columns[i * step + r / run * stride + r % run]. Rows from `count` on become zeros.
INLINE void pack_columns(
    const attention *work, const void *x, size_t first, size_t count, float *columns, size_t step, size_t run,
    size_t stride) {
    // A pair of bfloat16 moves as one word.
    daguerre_type type = UNIT == 2 ? DAGUERRE_FLOAT32 : work->shape.type;
    size_t row_words = work->shape.heads * work->depth;
    FOR_LANES(i, lanes, 0, work->depth) {
        floats square[WIDTH];
        for (size_t row = 0; row < WIDTH; row++) {
            square[row] = row < count ? load_lanes(type, x, first + row * row_words + i, lanes) : all(0);
        }
        transpose(square);
        for (size_t word = 0; word < lanes; word++) {
            deal(columns + (i + word) * step, square[word], WIDTH, run, stride);
        }
    }
}

// Task: the panels of one tile of k and v.
static void NAME(pack_tile)(void *context, size_t index) {
    const attention *work = context;
    const daguerre_attention_shape *shape = &work->shape;
    size_t tile = index % work->tiles, head = index / work->tiles % shape->heads;
    size_t sample = index / work->tiles / shape->heads;
    size_t first_key = tile * tile_keys, keys = lesser(shape->keys - first_key, tile_keys);
    size_t row_size = shape->heads * shape->d;
    size_t first = (sample * shape->keys + first_key) * row_size + head * shape->d;

    float *k_panels = work->panels + index * work->tile_size;
    for (size_t key = 0; key < keys; key += WIDTH) {
        pack_columns(
            work, work->k, (first + key * row_size) / UNIT, lesser(keys - key, WIDTH), k_panels + key * work->depth,
            ROWS, ROWS, ROWS * work->depth);
    }

    float *v_panels = k_panels + tile_keys * work->depth;
    const size_t panel_size = tile_keys / UNIT * ROWS;
    FOR_LANES(i, lanes, 0, shape->d) {
        // Up to whole panels of keys, of which the last may be zeros.
        for (size_t key = 0; key < pieces(keys, ROWS) * ROWS; key += UNIT) {
            floats values[UNIT];
            for (size_t n = 0; n < UNIT; n++) {
                size_t row = first + (key + n) * row_size;
                values[n] = key + n < keys ? load_lanes(shape->type, work->v, row + i, lanes) : all(0);
            }
            float *out = v_panels + i / ROWS * panel_size + key / UNIT * ROWS;
            deal(out, join_exact(values), lanes, ROWS, panel_size);
        }
    }
}

// Writes sums [dims, queries], divided by the totals, as rows of `out`.
INLINE void unpack_sums(
    const attention *work, const float *sums, const floats totals[2], size_t first, size_t count) {
    size_t d = work->shape.d, row_size = work->shape.heads * d;
    for (size_t half = 0; half < 2 && half * WIDTH < count; half++) {
        floats factor = 1 / totals[half];
        FOR_LANES(i, lanes, 0, d) {
            floats square[WIDTH];
            for (size_t row = 0; row < WIDTH; row++) {
                square[row] =
                    row < lanes ? load(DAGUERRE_FLOAT32, sums, (i + row) * QUERIES + half * WIDTH) * factor : all(0);
            }
            transpose(square);
            for (size_t query = 0; query < lesser(count - half * WIDTH, WIDTH); query++) {
                store_lanes(
                    work->shape.type, work->out, first + (half * WIDTH + query) * row_size + i, lanes, square[query]);
            }
        }
    }
}

// MARK: Softmax

typedef struct {
    floats highest[2];  // score so far, before its factor
    floats totals[2];   // of the weights
    words visible[2];   // how many keys each query sees
} softmax_state;

// Scores of `keys` keys (whole panels) for a block of queries; `highest` takes in the highest of each query.
INLINE void score_tile(
    const float *panels, const float *block, size_t depth, size_t first_key, size_t keys, bool is_masked,
    const words visible[2], floats highest[2], float *scores) {
    for (size_t key = 0; key < keys; key += ROWS) {
        floats product[ROWS][2];
        multiply(panels + key * depth, block, depth, product);
        for (size_t row = 0; row < ROWS; row++) {
            for (size_t half = 0; half < 2; half++) {
                floats score = product[row][half];
                if (is_masked) {
                    words is_visible = (words)(visible[half] > (uint32_t)(first_key + key + row));
                    score = (floats)where(is_visible, (words)score, (words)all(-INFINITY));
                }
                highest[half] = larger(highest[half], score);
                store(DAGUERRE_FLOAT32, scores, (key + row) * QUERIES + half * WIDTH, score);
            }
        }
    }
}

// Turns scores into weights 2^(factor (score - highest)) and sums them up; in place, as pairs take half the room and
// never overtake the scores still to be read.
//
// The totals count the weights as the product with v will, after rounding: what rounding adds to one weight, the others
// then give back, and the weights of a query still sum up to one.
INLINE void weigh_tile(float *scores, size_t keys, float factor, const floats highest[2], floats totals[2]) {
    floats offset[2] = {highest[0] * factor, highest[1] * factor};
    floats sum[2] = {all(0), all(0)};
    for (size_t key = 0; key < keys; key += UNIT) {
        for (size_t half = 0; half < 2; half++) {
            floats weights[UNIT];
            for (size_t n = 0; n < UNIT; n++) {
                floats score = load(DAGUERRE_FLOAT32, scores, (key + n) * QUERIES + half * WIDTH);
                weights[n] = power_of_two(score * factor - offset[half]);
            }
            floats joined = join(weights);
            sum[half] = add_weights(sum[half], joined);
            store(DAGUERRE_FLOAT32, scores, key / UNIT * QUERIES + half * WIDTH, joined);
        }
    }
    for (size_t half = 0; half < 2; half++) totals[half] += sum[half];
}

// sums = sums * correction + v * weights. The correction is free: it makes a fused multiply-add of an addition.
INLINE void add_values(
    const float *panels, const float *weights, size_t depth, size_t dims, const floats correction[2], float *sums) {
    for (size_t i = 0; i < dims; i += ROWS) {
        floats product[ROWS][2];
        multiply(panels + i * (tile_keys / UNIT), weights, depth, product);
        for (size_t row = 0; row < ROWS; row++) {
            for (size_t half = 0; half < 2; half++) {
                size_t index = (i + row) * QUERIES + half * WIDTH;
                floats sum = load(DAGUERRE_FLOAT32, sums, index) * correction[half] + product[row][half];
                store(DAGUERRE_FLOAT32, sums, index, sum);
            }
        }
    }
}

// Task: the output of one block of queries of one head.
static void NAME(attend)(void *context, size_t index) {
    const attention *work = context;
    const daguerre_attention_shape *shape = &work->shape;
    size_t block = index % work->blocks, head = index / work->blocks % shape->heads;
    size_t sample = index / work->blocks / shape->heads;
    size_t first_query = block * QUERIES, queries = lesser(shape->queries - first_query, QUERIES);
    size_t row_size = shape->heads * shape->d;
    size_t first = (sample * shape->queries + first_query) * row_size + head * shape->d;
    size_t kv_sample = shape->batch_kv == 1 ? 0 : sample;
    const float *panels = work->panels + (kv_sample * shape->heads + head) * work->tiles * work->tile_size;

    float *columns = work->workspaces + (size_t)daguerre_team_worker() * work->workspace_size;
    float *scores = columns + work->depth * QUERIES, *sums = scores + tile_keys * QUERIES;
    memset(sums, 0, work->dims * QUERIES * sizeof(float));
    softmax_state state;
    for (size_t half = 0; half < 2; half++) {
        size_t done = half * WIDTH;
        pack_columns(
            work, work->q, (first + done * row_size) / UNIT, queries > done ? lesser(queries - done, WIDTH) : 0,
            columns + done, QUERIES, WIDTH, 0);
        state.highest[half] = all(-INFINITY);
        state.totals[half] = all(0);
        for (size_t lane = 0; lane < WIDTH; lane++) {
            size_t query = first_query + done + lane;
            state.visible[half][lane] = (uint32_t)(shape->causal ? lesser(query + 1, shape->keys) : shape->keys);
        }
    }

    // Weights are powers of two, so the factor 1 / sqrt(d) takes in log2 e.
    const float factor = 1.44269504f / sqrtf((float)shape->d);
    size_t seen = shape->causal ? lesser(first_query + queries, shape->keys) : shape->keys;
    size_t seen_by_all = shape->causal ? lesser(first_query + 1, shape->keys) : shape->keys;
    for (size_t key = 0; key < seen; key += tile_keys, panels += work->tile_size) {
        size_t keys = pieces(lesser(seen - key, tile_keys), ROWS) * ROWS;
        bool is_masked = key + keys > seen_by_all;
        floats highest[2] = {state.highest[0], state.highest[1]}, correction[2];
        score_tile(panels, columns, work->depth, key, keys, is_masked, state.visible, highest, scores);
        for (size_t half = 0; half < 2; half++) {
            correction[half] = power_of_two((state.highest[half] - highest[half]) * factor);
            state.totals[half] *= correction[half];
            state.highest[half] = highest[half];
        }
        weigh_tile(scores, keys, factor, highest, state.totals);
        add_values(panels + tile_keys * work->depth, scores, keys / UNIT, work->dims, correction, sums);
    }
    unpack_sums(work, sums, state.totals, first, queries);
}
