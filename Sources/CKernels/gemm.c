// Matrix products of float32 multiply-adds, for machines without oneDNN.
//
// A task owns a tile of the result. It walks over the inputs in blocks: fills a block of the left matrix, widened to
// float32, and adds its product with the packed panels to the tile's sums. The innermost loop keeps a few rows by a few
// vectors of sums in registers.
#ifndef KERNEL
#define KERNEL "gemm.c"
#include "gemm.h"

enum { panel = daguerre_gemm_panel, depth = daguerre_gemm_depth, stride = daguerre_gemm_stride };
enum { tile_rows = 168, tile_outputs = 256 };  // 168 is a multiple of 14, 6 and 4, the rows of the innermost loops

#include "each_isa.h"

enum { block_size = tile_rows * stride, sums_size = tile_rows * tile_outputs, alignment = 64 };

static size_t least(size_t a, size_t b) { return a < b ? a : b; }
static size_t quotient(size_t a, size_t b) { return (a + b - 1) / b; }

// MARK: Products

typedef struct {
    const daguerre_product *product;
    void (*multiply)(
        const float *block, size_t rows, size_t count, const float *panels, size_t panel_distance, size_t panels_count,
        float *sums, bool is_first);
    void (*finish)(
        const daguerre_product *product, const float *sums, size_t row, size_t rows, size_t output, size_t outputs);
    size_t outputs_per_task, tasks_per_row;
    float *scratch;
} product_run;

static void multiply_tile(void *context, size_t task) {
    const product_run *run = context;
    const daguerre_product *product = run->product;
    size_t row = task / run->tasks_per_row * tile_rows;
    size_t output = task % run->tasks_per_row * run->outputs_per_task;
    size_t rows = least(tile_rows, product->rows - row);
    size_t outputs = least(run->outputs_per_task, product->outputs - output);
    float *block = run->scratch + (size_t)daguerre_team_worker() * (block_size + sums_size);
    float *sums = block + block_size;
    for (size_t first = 0; first < product->inputs; first += depth) {
        size_t count = least(depth, product->inputs - first);
        product->fill(product, row, rows, first, count, block);
        const float *panels = product->packed + output * product->inputs + first * panel;
        run->multiply(
            block, rows, count, panels, product->inputs * panel, quotient(outputs, panel), sums, first == 0);
    }
    run->finish(product, sums, row, rows, output, outputs);
}

size_t daguerre_product_scratch(int thread_count) {
    return (size_t)thread_count * (block_size + sums_size) * sizeof(float) + alignment;
}

void daguerre_product_run(daguerre_team *team, daguerre_product *product, void *scratch) {
    if (product->rows == 0 || product->outputs == 0 || product->inputs == 0) return;
    product->widen = FOR_THIS_MACHINE(widen);
    size_t padding = -(uintptr_t)scratch % alignment;
    product_run run = {
        .product = product, .multiply = FOR_THIS_MACHINE(multiply), .finish = FOR_THIS_MACHINE(finish),
        .outputs_per_task = tile_outputs, .scratch = (float *)((char *)scratch + padding),
    };
    // Few rows: narrower tiles, so that there is work for every thread.
    const size_t enough_tasks = 32;
    size_t row_tasks = quotient(product->rows, tile_rows);
    run.tasks_per_row = quotient(product->outputs, tile_outputs);
    while (run.outputs_per_task > panel && row_tasks * run.tasks_per_row < enough_tasks) {
        run.outputs_per_task /= 2;
        run.tasks_per_row = quotient(product->outputs, run.outputs_per_task);
    }
    daguerre_team_run(team, row_tasks * run.tasks_per_row, &run, multiply_tile);
}

// MARK: Packing

typedef struct {
    void (*widen)(daguerre_type, const void *, size_t, float *, size_t);
    daguerre_type type;
    const void *weight;
    float *packed;
    size_t outputs, inputs, taps;
} packing_run;

static void pack_panel(void *context, size_t index) {
    const packing_run *run = context;
    enum { chunk = 512 };  // elements of a row at once: their places in the panel fit the second cache
    float row[chunk];
    size_t count = run->inputs * run->taps;
    float *packed = run->packed + index * count * panel;
    for (size_t first = 0; first < count; first += chunk) {
        size_t length = least(chunk, count - first);
        for (size_t lane = 0; lane < panel; lane++) {
            size_t output = index * panel + lane;
            if (output < run->outputs) {
                run->widen(run->type, run->weight, output * count + first, row, length);
            } else {
                memset(row, 0, sizeof row);
            }
            size_t input = first / run->taps, tap = first % run->taps;
            for (size_t i = 0; i < length; i++) {
                packed[(tap * run->inputs + input) * panel + lane] = row[i];
                tap += 1;
                if (tap == run->taps) {
                    tap = 0;
                    input += 1;
                }
            }
        }
    }
}

void daguerre_product_pack(
    daguerre_team *team, daguerre_type type, const void *weight, float *packed, size_t outputs, size_t inputs,
    size_t taps) {
    packing_run run = {FOR_THIS_MACHINE(widen), type, weight, packed, outputs, inputs, taps};
    daguerre_team_run(team, quotient(outputs, panel), &run, pack_panel);
}

// MARK: Matrices

static void fill_from_matrix(
    const daguerre_product *product, size_t row, size_t rows, size_t first, size_t count, float *block) {
    for (size_t i = 0; i < rows; i++) {
        size_t index = (row + i) * product->inputs + first;
        product->widen(product->type, product->source, index, block + i * stride, count);
    }
}

size_t daguerre_gemm_packed_size(size_t outputs, size_t inputs) {
    return quotient(outputs, panel) * panel * inputs * sizeof(float);
}

void daguerre_gemm_pack(
    daguerre_team *team, daguerre_type type, const void *weight, void *packed, size_t outputs, size_t inputs) {
    daguerre_product_pack(team, type, weight, packed, outputs, inputs, 1);
}

size_t daguerre_gemm_scratch(size_t rows, size_t outputs, size_t inputs, int thread_count) {
    (void)rows, (void)outputs, (void)inputs;
    return daguerre_product_scratch(thread_count);
}

void daguerre_gemm(
    daguerre_team *team, daguerre_type type, const void *x, const void *packed, const float *bias,
    const void *residual, void *out, daguerre_type out_type, size_t rows, size_t outputs, size_t inputs,
    daguerre_activation activation, void *scratch) {
    daguerre_product product = {
        .fill = fill_from_matrix, .source = x, .type = type, .packed = packed, .bias = bias, .residual = residual,
        .out = out, .out_type = out_type, .rows = rows, .outputs = outputs, .inputs = inputs,
        .activation = activation, .activates_residual = false,
    };
    daguerre_product_run(team, &product, scratch);
}

#else

// Sums in registers: ROWS x VECTORS, with room for one row of vectors of the panel and one broadcast number.
#undef ROWS
#undef VECTORS
#if AVX512
#define ROWS 14
#define VECTORS 2
#elif AVX2
#define ROWS 6
#define VECTORS 2
#elif defined(__aarch64__)
#define ROWS 6
#define VECTORS 4
#else
#define ROWS 4
#define VECTORS 2
#endif

INLINE void NAME(widen_of)(daguerre_type type, const void *x, size_t index, float *out, size_t count) {
    FOR_LANES(i, lanes, 0, count) store_lanes(DAGUERRE_FLOAT32, out, i, lanes, load_lanes(type, x, index + i, lanes));
}

static void NAME(widen)(daguerre_type type, const void *x, size_t index, float *out, size_t count) {
    FOR_TYPE(type, NAME(widen_of), x, index, out, count)
}

// `rows` is a constant wherever this is called.
INLINE void NAME(multiply_rows)(
    size_t rows, const float *block, size_t count, const float *columns, float *sums, bool is_first) {
    floats sum[ROWS][VECTORS];
#pragma clang loop unroll(full)
    for (size_t r = 0; r < rows; r++) {
#pragma clang loop unroll(full)
        for (size_t v = 0; v < VECTORS; v++) {
            sum[r][v] = is_first ? all(0) : load(DAGUERRE_FLOAT32, sums, r * tile_outputs + v * WIDTH);
        }
    }
#pragma clang loop unroll(disable)
    for (size_t k = 0; k < count; k++) {
        floats column[VECTORS];
#pragma clang loop unroll(full)
        for (size_t v = 0; v < VECTORS; v++) column[v] = load(DAGUERRE_FLOAT32, columns, k * panel + v * WIDTH);
#pragma clang loop unroll(full)
        for (size_t r = 0; r < rows; r++) {
            floats x = all(block[r * stride + k]);
#pragma clang loop unroll(full)
            for (size_t v = 0; v < VECTORS; v++) sum[r][v] = x * column[v] + sum[r][v];
        }
    }
#pragma clang loop unroll(full)
    for (size_t r = 0; r < rows; r++) {
#pragma clang loop unroll(full)
        for (size_t v = 0; v < VECTORS; v++) {
            store(DAGUERRE_FLOAT32, sums, r * tile_outputs + v * WIDTH, sum[r][v]);
        }
    }
}

static void NAME(multiply)(
    const float *block, size_t rows, size_t count, const float *panels, size_t panel_distance, size_t panels_count,
    float *sums, bool is_first) {
    for (size_t column = 0; column < panels_count * panel; column += VECTORS * WIDTH) {
        const float *columns = panels + column / panel * panel_distance + column % panel;
        size_t row = 0;
        while (row < rows) {
            const float *left = block + row * stride;
            float *target = sums + row * tile_outputs + column;
            if (rows - row >= ROWS) {
                NAME(multiply_rows)(ROWS, left, count, columns, target, is_first);
                row += ROWS;
            } else if (rows - row >= ROWS / 2) {
                NAME(multiply_rows)(ROWS / 2, left, count, columns, target, is_first);
                row += ROWS / 2;
            } else {
                NAME(multiply_rows)(1, left, count, columns, target, is_first);
                row += 1;
            }
        }
    }
}

INLINE void NAME(finish_of)(
    daguerre_type type, const daguerre_product *product, const float *sums, size_t row, size_t rows, size_t output,
    size_t outputs) {
    for (size_t r = 0; r < rows; r++) {
        FOR_LANES(c, lanes, 0, outputs) {
            size_t index = (row + r) * product->outputs + output + c;
            floats sum = load(DAGUERRE_FLOAT32, sums, r * tile_outputs + c);
            if (product->bias != NULL) sum = sum + load_lanes(DAGUERRE_FLOAT32, product->bias, output + c, lanes);
            floats residual = all(0);
            if (product->residual != NULL) residual = load_lanes(type, product->residual, index, lanes);
            if (product->activates_residual) {
                sum = sum + residual;
                residual = all(0);
            }
            sum = activate(product->activation, type, sum) + residual;
            store_lanes(type, product->out, index, lanes, sum);
        }
    }
}

static void NAME(finish)(
    const daguerre_product *product, const float *sums, size_t row, size_t rows, size_t output, size_t outputs) {
    FOR_TYPE(product->out_type, NAME(finish_of), product, sums, row, rows, output, outputs)
}

#endif
