// Group normalisation with an activation: two passes over memory, the first for the statistics.
//
// A sample is cut into chunks of whole pixels. Within a chunk each channel sums, in float32, its distances to a pivot
// near its mean, and their squares, so that a large mean does not drown a small variance. Chunks are joined in double.
#ifndef KERNEL
#define KERNEL "groupnorm.c"
#include <math.h>

#include "each_isa.h"

// The mean and the sum of squared distances to it.
typedef struct {
    double mean, squares;
} moments;

typedef struct group_norm_run group_norm_run;
struct group_norm_run {
    void (*measure)(
        daguerre_type, const void *x, size_t first, size_t pixels, size_t channels, float *pivots, float *distances,
        float *squares);
    void (*apply)(
        daguerre_activation, daguerre_type, const void *x, void *out, size_t first, size_t pixels, size_t channels,
        const float *centers, const float *factors, const float *offsets);
    daguerre_type type;
    daguerre_activation activation;
    const void *x;
    void *out;
    const float *scale, *shift;
    size_t batch, pixels, channels, groups;
    float epsilon;

    size_t pixels_per_chunk, chunks;     // chunks of one sample
    moments *chunk_moments;              // [batch, groups, chunks]
    float *chunk_sums;                   // [batch, chunks, 3, channels]
    float *centers, *factors, *offsets;  // [batch, channels]: (x - center) * factor + offset is normal
};

// Small enough for the innermost caches, large enough to pay for the joining.
enum { elements_per_chunk = 1 << 15, least_pixels_per_chunk = 8 };

// Cuts the run into chunks and its scratch space into arrays; returns the bytes needed.
static size_t lay_out(group_norm_run *run, char *scratch) {
    size_t pixels = elements_per_chunk / run->channels;
    run->pixels_per_chunk = pixels < least_pixels_per_chunk ? least_pixels_per_chunk : pixels;
    run->chunks = (run->pixels + run->pixels_per_chunk - 1) / run->pixels_per_chunk;
    size_t moments_size = run->batch * run->groups * run->chunks * sizeof(moments);
    size_t sums_size = run->batch * run->chunks * 3 * run->channels * sizeof(float);
    size_t channels_size = run->batch * run->channels * sizeof(float);
    size_t padding = -(uintptr_t)scratch % sizeof(moments);
    if (scratch != NULL) {
        scratch += padding;
        run->chunk_moments = (moments *)scratch;
        run->chunk_sums = (float *)(scratch + moments_size);
        run->centers = (float *)(scratch + moments_size + sums_size);
        run->factors = run->centers + run->batch * run->channels;
        run->offsets = run->factors + run->batch * run->channels;
    }
    return sizeof(moments) + moments_size + sums_size + 3 * channels_size;
}

static size_t pixels_in_chunk(const group_norm_run *run, size_t chunk) {
    size_t left = run->pixels - chunk * run->pixels_per_chunk;
    return left < run->pixels_per_chunk ? left : run->pixels_per_chunk;
}

static void measure_chunk(void *context, size_t index) {
    const group_norm_run *run = context;
    size_t sample = index / run->chunks, chunk = index % run->chunks;
    size_t pixels = pixels_in_chunk(run, chunk), channels_per_group = run->channels / run->groups;
    float *pivots = run->chunk_sums + index * 3 * run->channels;
    float *distances = pivots + run->channels, *squares = distances + run->channels;
    size_t first = sample * run->pixels + chunk * run->pixels_per_chunk;
    run->measure(run->type, run->x, first, pixels, run->channels, pivots, distances, squares);
    for (size_t group = 0; group < run->groups; group++) {
        size_t start = group * channels_per_group, end = start + channels_per_group;
        moments joined = {0, 0};
        for (size_t c = start; c < end; c++) joined.mean += (double)pivots[c] + distances[c];
        joined.mean /= (double)channels_per_group;
        for (size_t c = start; c < end; c++) {
            double distance = (double)pivots[c] + distances[c] - joined.mean;
            joined.squares += squares[c] + (double)pixels * distance * distance;
        }
        run->chunk_moments[(sample * run->groups + group) * run->chunks + chunk] = joined;
    }
}

static void join_group(void *context, size_t index) {
    const group_norm_run *run = context;
    size_t sample = index / run->groups, group = index % run->groups;
    size_t channels_per_group = run->channels / run->groups;
    const moments *chunks = run->chunk_moments + index * run->chunks;
    double mean = 0, squares = 0;
    for (size_t i = 0; i < run->chunks; i++) mean += (double)pixels_in_chunk(run, i) * chunks[i].mean;
    mean /= (double)run->pixels;
    for (size_t i = 0; i < run->chunks; i++) {
        double distance = chunks[i].mean - mean;
        squares += chunks[i].squares;
        squares += (double)(pixels_in_chunk(run, i) * channels_per_group) * distance * distance;
    }
    double variance = squares / (double)(run->pixels * channels_per_group);
    double inverse = 1 / sqrt(variance + (double)run->epsilon);
    // What float32 loses of the mean goes into the offset.
    float center = (float)mean;
    for (size_t c = group * channels_per_group; c < (group + 1) * channels_per_group; c++) {
        double factor = run->scale[c] * inverse;
        run->centers[sample * run->channels + c] = center;
        run->factors[sample * run->channels + c] = (float)factor;
        run->offsets[sample * run->channels + c] = (float)(run->shift[c] - (mean - center) * factor);
    }
}

static void apply_chunk(void *context, size_t index) {
    const group_norm_run *run = context;
    index = run->batch * run->chunks - 1 - index;  // what was measured last may still be in the caches
    size_t sample = index / run->chunks, chunk = index % run->chunks, of_sample = sample * run->channels;
    run->apply(
        run->activation, run->type, run->x, run->out, sample * run->pixels + chunk * run->pixels_per_chunk,
        pixels_in_chunk(run, chunk), run->channels, run->centers + of_sample, run->factors + of_sample,
        run->offsets + of_sample);
}

size_t daguerre_group_norm_scratch(size_t batch, size_t pixels, size_t channels, size_t groups) {
    if (channels == 0) return 0;
    group_norm_run run = {.batch = batch, .pixels = pixels, .channels = channels, .groups = groups};
    return lay_out(&run, NULL);
}

void daguerre_group_norm(
    daguerre_team *team, daguerre_type type, const void *x, const float *scale, const float *shift, void *out,
    size_t batch, size_t pixels, size_t channels, size_t groups, float epsilon, daguerre_activation activation,
    void *scratch) {
    if (batch == 0 || pixels == 0 || channels == 0) return;
    group_norm_run run = {
        .measure = FOR_THIS_MACHINE(measure), .apply = FOR_THIS_MACHINE(apply), .type = type,
        .activation = activation, .x = x, .out = out, .scale = scale, .shift = shift, .batch = batch,
        .pixels = pixels, .channels = channels, .groups = groups, .epsilon = epsilon,
    };
    lay_out(&run, scratch);
    daguerre_team_run(team, batch * run.chunks, &run, measure_chunk);
    daguerre_team_run(team, batch * groups, &run, join_group);
    daguerre_team_run(team, batch * run.chunks, &run, apply_chunk);
}

#else

// Pixels that go through the innermost cache together: sums are taken from memory and put back once for all of them.
#undef PIXELS_AT_ONCE
#define PIXELS_AT_ONCE 8

// Leaves each channel's pivot, the distance of its mean to the pivot, and its sum of squared distances to the mean.
INLINE void NAME(measure_of)(
    daguerre_type type, const void *x, size_t first, size_t pixels, size_t channels, float *pivots, float *distances,
    float *squares) {
    for (size_t start = 0; start < pixels; start += PIXELS_AT_ONCE) {
        size_t end = pixels - start < PIXELS_AT_ONCE ? pixels : start + PIXELS_AT_ONCE;
        FOR_LANES(c, lanes, 0, channels) {
            floats pivot = all(0), distance = all(0), square = all(0);
            if (start == 0) {
                for (size_t p = start; p < end; p++) {
                    pivot = pivot + load_lanes(type, x, (first + p) * channels + c, lanes);
                }
                pivot = pivot * (1.0f / (float)end);
                store_lanes(DAGUERRE_FLOAT32, pivots, c, lanes, pivot);
            } else {
                pivot = load_lanes(DAGUERRE_FLOAT32, pivots, c, lanes);
            }
            for (size_t p = start; p < end; p++) {
                floats d = load_lanes(type, x, (first + p) * channels + c, lanes) - pivot;
                distance = distance + d;
                square = d * d + square;
            }
            if (start > 0) {
                distance = distance + load_lanes(DAGUERRE_FLOAT32, distances, c, lanes);
                square = square + load_lanes(DAGUERRE_FLOAT32, squares, c, lanes);
            }
            store_lanes(DAGUERRE_FLOAT32, distances, c, lanes, distance);
            store_lanes(DAGUERRE_FLOAT32, squares, c, lanes, square);
        }
    }
    FOR_LANES(c, lanes, 0, channels) {
        floats distance = load_lanes(DAGUERRE_FLOAT32, distances, c, lanes);
        floats mean = distance * (1.0f / (float)pixels);
        floats square = load_lanes(DAGUERRE_FLOAT32, squares, c, lanes) - distance * mean;
        store_lanes(DAGUERRE_FLOAT32, squares, c, lanes, larger(all(0), square));
        store_lanes(DAGUERRE_FLOAT32, distances, c, lanes, mean);
    }
}

static void NAME(measure)(
    daguerre_type type, const void *x, size_t first, size_t pixels, size_t channels, float *pivots, float *distances,
    float *squares) {
    FOR_TYPE(type, NAME(measure_of), x, first, pixels, channels, pivots, distances, squares)
}

INLINE void NAME(apply_as)(
    daguerre_activation activation, daguerre_type type, const void *x, void *out, size_t first, size_t pixels,
    size_t channels, const float *centers, const float *factors, const float *offsets) {
    // In the order of memory: what is written must not be scattered.
    for (size_t p = first; p < first + pixels; p++) {
        FOR_LANES(c, lanes, 0, channels) {
            floats center = load_lanes(DAGUERRE_FLOAT32, centers, c, lanes);
            floats factor = load_lanes(DAGUERRE_FLOAT32, factors, c, lanes);
            floats offset = load_lanes(DAGUERRE_FLOAT32, offsets, c, lanes);
            floats normal = (load_lanes(type, x, p * channels + c, lanes) - center) * factor + offset;
            store_lanes(type, out, p * channels + c, lanes, activate(activation, type, normal));
        }
    }
}

INLINE void NAME(apply_of)(
    daguerre_type type, daguerre_activation activation, const void *x, void *out, size_t first, size_t pixels,
    size_t channels, const float *centers, const float *factors, const float *offsets) {
    FOR_ACTIVATION(
        activation, NAME(apply_as), type, x, out, first, pixels, channels, centers, factors, offsets)
}

static void NAME(apply)(
    daguerre_activation activation, daguerre_type type, const void *x, void *out, size_t first, size_t pixels,
    size_t channels, const float *centers, const float *factors, const float *offsets) {
    FOR_TYPE(type, NAME(apply_of), activation, x, out, first, pixels, channels, centers, factors, offsets)
}

#endif
