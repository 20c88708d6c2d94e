// Operations that move elements and compute nothing.
#include "CKernels.h"

#include <string.h>

// Tasks of rows of bytes, none of them too small to be worth a thread.
static size_t rows_per_task(size_t row_size) {
    const size_t least_bytes = 1 << 16;
    return row_size == 0 || row_size >= least_bytes ? 1 : least_bytes / row_size;
}

// Copies one pixel; the sizes of small ones are constants, so that no call is made for them.
static inline void copy_pixel(char *out, const char *in, size_t size) {
    switch (size) {
    case 2: memcpy(out, in, 2); break;
    case 4: memcpy(out, in, 4); break;
    case 6: memcpy(out, in, 6); break;
    case 8: memcpy(out, in, 8); break;
    case 12: memcpy(out, in, 12); break;
    case 16: memcpy(out, in, 16); break;
    default: memcpy(out, in, size);
    }
}

// MARK: Concatenation

typedef struct {
    size_t element_size, parts;
    const void *const *tensors;
    const size_t *channels;
    char *out;
    size_t rows, row_size, rows_per_task;
} concatenation;

static void concatenate_rows(void *context, size_t task) {
    const concatenation *run = context;
    size_t first = task * run->rows_per_task;
    size_t end = first + run->rows_per_task < run->rows ? first + run->rows_per_task : run->rows;
    char *out = run->out + first * run->row_size;
    for (size_t row = first; row < end; row++) {
        for (size_t part = 0; part < run->parts; part++) {
            size_t size = run->channels[part] * run->element_size;
            if (size == 0) continue;
            copy_pixel(out, (const char *)run->tensors[part] + row * size, size);
            out += size;
        }
    }
}

void daguerre_concatenate_channels(
    daguerre_team *team, size_t element_size, size_t parts, const void *const *tensors, const size_t *channels,
    void *out, size_t rows) {
    size_t row_size = 0;
    for (size_t part = 0; part < parts; part++) row_size += channels[part] * element_size;
    if (row_size == 0) return;
    concatenation run = {
        element_size, parts, tensors, channels, out, rows, row_size, rows_per_task(row_size),
    };
    daguerre_team_run(team, (rows + run.rows_per_task - 1) / run.rows_per_task, &run, concatenate_rows);
}

// MARK: Nearest neighbour

typedef struct {
    const char *in;
    char *out;
    size_t batch, height, width, out_height, out_width, pixel_size, rows_per_task;
} enlargement;

static void enlarge_rows(void *context, size_t task) {
    const enlargement *run = context;
    size_t rows = run->batch * run->out_height, row_size = run->out_width * run->pixel_size;
    size_t first = task * run->rows_per_task;
    size_t end = first + run->rows_per_task < rows ? first + run->rows_per_task : rows;
    size_t previous_source = SIZE_MAX;
    for (size_t row = first; row < end; row++) {
        size_t sample = row / run->out_height, y = row % run->out_height;
        size_t source = sample * run->height + y * run->height / run->out_height;
        char *out = run->out + row * row_size;
        if (source == previous_source) {
            memcpy(out, out - row_size, row_size);
            continue;
        }
        previous_source = source;
        const char *in = run->in + source * run->width * run->pixel_size;
        for (size_t x = 0; x < run->out_width; x++) {
            const char *pixel = in + x * run->width / run->out_width * run->pixel_size;
            copy_pixel(out + x * run->pixel_size, pixel, run->pixel_size);
        }
    }
}

void daguerre_upsample_nearest(
    daguerre_team *team, size_t element_size, const void *in, void *out, size_t batch, size_t height, size_t width,
    size_t out_height, size_t out_width, size_t channels) {
    size_t pixel_size = channels * element_size, rows = batch * out_height;
    if (pixel_size == 0 || out_width == 0) return;
    enlargement run = {
        in, out, batch, height, width, out_height, out_width, pixel_size, rows_per_task(out_width * pixel_size),
    };
    daguerre_team_run(team, (rows + run.rows_per_task - 1) / run.rows_per_task, &run, enlarge_rows);
}

// MARK: Phases

typedef struct {
    const void *const *phases;
    char *out;
    size_t rows, width, pixel_size, rows_per_task;
} interleaving;

static void interleave_rows(void *context, size_t task) {
    const interleaving *run = context;
    size_t size = run->pixel_size, in_row_size = run->width * size;
    size_t first = task * run->rows_per_task;
    size_t end = first + run->rows_per_task < run->rows ? first + run->rows_per_task : run->rows;
    for (size_t row = first; row < end; row++) {
        // Row `row` of the output takes its even columns from one phase and its odd ones from another.
        const char *even = (const char *)run->phases[2 * (row % 2)] + row / 2 * in_row_size;
        const char *odd = (const char *)run->phases[2 * (row % 2) + 1] + row / 2 * in_row_size;
        char *out = run->out + row * 2 * in_row_size;
        for (size_t x = 0; x < run->width; x++) {
            copy_pixel(out + 2 * x * size, even + x * size, size);
            copy_pixel(out + (2 * x + 1) * size, odd + x * size, size);
        }
    }
}

void daguerre_interleave_phases(
    daguerre_team *team, size_t element_size, const void *const *phases, void *out, size_t batch, size_t height,
    size_t width, size_t channels) {
    size_t pixel_size = channels * element_size, rows = batch * 2 * height;
    if (pixel_size == 0 || width == 0) return;
    interleaving run = {phases, out, rows, width, pixel_size, rows_per_task(2 * width * pixel_size)};
    daguerre_team_run(team, (rows + run.rows_per_task - 1) / run.rows_per_task, &run, interleave_rows);
}

// MARK: Periodic window

typedef struct {
    const char *in;
    char *out;
    size_t height, width, first_row, first_column, rows, total_rows, columns, pixel_size, rows_per_task;
} periodic_window;

static size_t residue(ptrdiff_t i, size_t n) {
    ptrdiff_t remainder = i % (ptrdiff_t)n;
    return (size_t)(remainder < 0 ? remainder + (ptrdiff_t)n : remainder);
}

static void copy_window_rows(void *context, size_t task) {
    const periodic_window *run = context;
    size_t size = run->pixel_size, row_size = run->columns * size;
    size_t first = task * run->rows_per_task;
    size_t end = first + run->rows_per_task < run->total_rows ? first + run->rows_per_task : run->total_rows;
    for (size_t row = first; row < end; row++) {
        size_t sample = row / run->rows, y = (run->first_row + row % run->rows) % run->height;
        const char *in = run->in + (sample * run->height + y) * run->width * size;
        char *out = run->out + row * row_size;
        // From the first column to the image's right edge, then from the left edge again.
        size_t column = run->first_column;
        for (size_t left = run->columns; left > 0;) {
            size_t count = run->width - column < left ? run->width - column : left;
            copy_pixel(out, in + column * size, count * size);
            out += count * size;
            left -= count;
            column = 0;
        }
    }
}

void daguerre_periodic_window(
    daguerre_team *team, size_t element_size, const void *in, void *out, size_t batch, size_t height, size_t width,
    size_t channels, ptrdiff_t first_row, ptrdiff_t first_column, size_t rows, size_t columns) {
    size_t pixel_size = channels * element_size, total_rows = batch * rows;
    if (pixel_size == 0 || columns == 0 || total_rows == 0) return;
    periodic_window run = {
        in, out, height, width, residue(first_row, height), residue(first_column, width), rows, total_rows, columns,
        pixel_size, rows_per_task(columns * pixel_size),
    };
    daguerre_team_run(team, (total_rows + run.rows_per_task - 1) / run.rows_per_task, &run, copy_window_rows);
}
