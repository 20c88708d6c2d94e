// The product behind gemm.c and convolution.c: rows of any origin times a packed matrix, float32 inside.
#pragma once

#include "CKernels.h"

enum {
    daguerre_gemm_panel = 32,   // outputs side by side in the packed form: [outputs / 32][inputs][32], zeros at the end
    daguerre_gemm_depth = 256,  // inputs that go through the caches together
    // Floats from one row of a block to the next: rows a power of two apart would share few places of a cache.
    daguerre_gemm_stride = daguerre_gemm_depth + 16,
};

typedef struct daguerre_product daguerre_product;
struct daguerre_product {
    // Fills the block [rows, daguerre_gemm_stride] with inputs first ..< first + count of the left matrix's rows from
    // `row` on, in float32.
    void (*fill)(const daguerre_product *product, size_t row, size_t rows, size_t first, size_t count, float *block);
    const void *source;  // what `fill` reads
    daguerre_type type;  // of its elements
    const daguerre_convolution_shape *shape;  // NULL if `source` is a matrix
    // Widens `count` elements from x[index] on to float32.
    void (*widen)(daguerre_type type, const void *x, size_t index, float *out, size_t count);

    const float *packed;
    const float *bias;      // NULL or [outputs]
    const void *residual;   // NULL or as `out`
    void *out;              // [rows, outputs]
    daguerre_type out_type;
    size_t rows, outputs, inputs;
    daguerre_activation activation;
    bool activates_residual;  // activation(product + bias + residual), not activation(product + bias) + residual
};

size_t daguerre_product_scratch(int thread_count);
void daguerre_product_run(daguerre_team *team, daguerre_product *product, void *scratch);
// weight [outputs, inputs, taps] -> packed [outputs, taps * inputs].
void daguerre_product_pack(
    daguerre_team *team, daguerre_type type, const void *weight, float *packed, size_t outputs, size_t inputs,
    size_t taps);
