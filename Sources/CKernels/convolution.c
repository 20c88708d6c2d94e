// Convolutions as matrix products: a row of the left matrix is what one output pixel sees.
//
// That matrix never exists as a whole; each task gathers the block that it needs.
#include "gemm.h"

#include <string.h>

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

// Input number (y * kernel + x) * inputs + c of a row is channel c of the pixel under the kernel's tap (y, x).
static void fill_from_image(
    const daguerre_product *product, size_t row, size_t rows, size_t first, size_t count, float *block) {
    const daguerre_convolution_shape *shape = product->shape;
    size_t first_tap = first / shape->inputs, first_channel = first % shape->inputs;
    for (size_t i = 0; i < rows; i++) {
        size_t out_x = (row + i) % shape->out_width, line = (row + i) / shape->out_width;
        size_t out_y = line % shape->out_height, sample = line / shape->out_height;
        float *target = block + i * daguerre_gemm_stride, *end = target + count;
        for (size_t tap = first_tap, c = first_channel; target < end; tap++, c = 0) {
            size_t length = least(shape->inputs - c, (size_t)(end - target));
            // Left of and above the image these wrap around to numbers beyond its end.
            size_t y = out_y * shape->stride + tap / shape->kernel - shape->top;
            size_t x = out_x * shape->stride + tap % shape->kernel - shape->left;
            if (y < shape->height && x < shape->width) {
                size_t index = ((sample * shape->height + y) * shape->width + x) * shape->inputs + c;
                product->widen(product->type, product->source, index, target, length);
            } else {
                memset(target, 0, length * sizeof(float));
            }
            target += length;
        }
    }
}

size_t daguerre_convolution_packed_size(size_t outputs, size_t inputs, size_t kernel) {
    return daguerre_gemm_packed_size(outputs, kernel * kernel * inputs);
}

void daguerre_convolution_pack(
    daguerre_team *team, daguerre_type type, const void *weight, void *packed, size_t outputs, size_t inputs,
    size_t kernel) {
    daguerre_product_pack(team, type, weight, packed, outputs, inputs, kernel * kernel);
}

size_t daguerre_convolution_scratch(const daguerre_convolution_shape *shape, int thread_count) {
    (void)shape;
    return daguerre_product_scratch(thread_count);
}

void daguerre_convolution(
    daguerre_team *team, const daguerre_convolution_shape *shape, const void *x, const void *packed, const float *bias,
    const void *residual, void *out, daguerre_activation activation, void *scratch) {
    daguerre_product product = {
        .fill = fill_from_image, .source = x, .shape = shape, .type = shape->type, .packed = packed, .bias = bias,
        .residual = residual, .out = out, .out_type = shape->type,
        .rows = shape->batch * shape->out_height * shape->out_width, .outputs = shape->outputs,
        .inputs = shape->kernel * shape->kernel * shape->inputs, .activation = activation, .activates_residual = true,
    };
    daguerre_product_run(team, &product, scratch);
}
