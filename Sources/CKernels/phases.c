// The four small kernels of a 3x3 convolution after a twofold nearest enlargement.
#include "CKernels.h"

// Phase `parity` of a line of three taps: even outputs see the pixel before once and their own twice, odd outputs
// their own twice and the pixel after once.
static void fold(const float taps[3], int parity, float folded[2]) {
    folded[0] = parity == 0 ? taps[0] : taps[0] + taps[1];
    folded[1] = parity == 0 ? taps[1] + taps[2] : taps[2];
}

void daguerre_upsample_phases(const float *weight, float *phases, size_t rows) {
    for (size_t row = 0; row < rows; row++) {
        const float *kernel = weight + row * 9;
        for (int p = 0; p < 2; p++) {
            float lines[2][3];  // the kernel, its rows folded
            for (int x = 0; x < 3; x++) {
                const float column[3] = {kernel[x], kernel[3 + x], kernel[6 + x]};
                float folded[2];
                fold(column, p, folded);
                lines[0][x] = folded[0];
                lines[1][x] = folded[1];
            }
            for (int r = 0; r < 2; r++) {
                float *phase = phases + ((size_t)(2 * p + r) * rows + row) * 4;
                fold(lines[0], r, phase);
                fold(lines[1], r, phase + 2);
            }
        }
    }
}
