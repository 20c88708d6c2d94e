// Layer normalisation: each row is read from memory once and then, for variance and result, from the innermost cache.
#ifndef KERNEL
#define KERNEL "layernorm.c"
#include <math.h>

#include "each_isa.h"

typedef struct {
    void (*kernel)(
        daguerre_type, const void *x, const float *scale, const float *shift, void *out, size_t first, size_t end,
        size_t channels, float epsilon);
    daguerre_type type;
    const void *x;
    const float *scale, *shift;
    void *out;
    size_t rows, channels, rows_per_task;
    float epsilon;
} layer_norm_run;

static void normalize_task(void *context, size_t task) {
    const layer_norm_run *run = context;
    size_t first = task * run->rows_per_task;
    size_t end = first + run->rows_per_task < run->rows ? first + run->rows_per_task : run->rows;
    run->kernel(run->type, run->x, run->scale, run->shift, run->out, first, end, run->channels, run->epsilon);
}

void daguerre_layer_norm(
    daguerre_team *team, daguerre_type type, const void *x, const float *scale, const float *shift, void *out,
    size_t rows, size_t channels, float epsilon) {
    if (channels == 0) return;
    const size_t elements_per_task = 1 << 14;
    size_t rows_per_task = channels < elements_per_task ? elements_per_task / channels : 1;
    layer_norm_run run = {
        FOR_THIS_MACHINE(normalize_rows), type, x, scale, shift, out, rows, channels, rows_per_task, epsilon,
    };
    daguerre_team_run(team, (rows + rows_per_task - 1) / rows_per_task, &run, normalize_task);
}

#else

INLINE float NAME(total)(floats x) {
    float sum = 0;
    for (int i = 0; i < WIDTH; i++) sum += x[i];
    return sum;
}

INLINE void NAME(normalize_of)(
    daguerre_type type, const void *x, const float *scale, const float *shift, void *out, size_t first, size_t end,
    size_t channels, float epsilon) {
    const float share = 1.0f / (float)channels;
    size_t whole = channels - channels % WIDTH, rest = channels - whole;
    for (size_t start = first * channels; start < end * channels; start += channels) {
        floats sums = all(0);
        for (size_t c = 0; c < whole; c += WIDTH) sums = sums + load(type, x, start + c);
        if (rest > 0) sums = sums + load_some(type, x, start + whole, rest);
        floats mean = all(NAME(total)(sums) * share);

        floats distances = all(0), squares = all(0);
        for (size_t c = 0; c < whole; c += WIDTH) {
            floats distance = load(type, x, start + c) - mean;
            distances = distances + distance;
            squares = distance * distance + squares;
        }
        if (rest > 0) {
            floats distance = load_some(type, x, start + whole, rest) - mean;
            for (size_t i = rest; i < WIDTH; i++) distance[i] = 0;
            distances = distances + distance;
            squares = distance * distance + squares;
        }
        // What rounding took from the mean shows in the distances to it.
        float missed = NAME(total)(distances) * share;
        float variance = NAME(total)(squares) * share - missed * missed;
        floats inverse = all(1 / sqrtf(variance + epsilon));

        FOR_LANES(c, lanes, 0, channels) {
            floats factor = load_lanes(DAGUERRE_FLOAT32, scale, c, lanes) * inverse;
            floats distance = load_lanes(type, x, start + c, lanes) - mean - missed;
            floats offset = load_lanes(DAGUERRE_FLOAT32, shift, c, lanes);
            store_lanes(type, out, start + c, lanes, distance * factor + offset);
        }
    }
}

static void NAME(normalize_rows)(
    daguerre_type type, const void *x, const float *scale, const float *shift, void *out, size_t first, size_t end,
    size_t channels, float epsilon) {
    FOR_TYPE(type, NAME(normalize_of), x, scale, shift, out, first, end, channels, epsilon)
}

#endif
