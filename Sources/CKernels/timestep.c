// Sinusoidal embedding of timesteps, rounded to float32 where diffusers' get_timestep_embedding rounds.
#include "CKernels.h"

#include <math.h>

void daguerre_timestep_embedding(
    const double *timesteps, size_t count, size_t channels, bool cosine_first, double frequency_shift, float *out) {
    const float negative_logarithm = (float)-9.210340371976184;  // -ln 10000
    size_t half = channels / 2;
    float divisor = (float)((double)half - frequency_shift);
    for (size_t row = 0; row < count; row++) {
        float *cosines = out + row * channels + (cosine_first ? 0 : half);
        float *sines = out + row * channels + (cosine_first ? half : 0);
        for (size_t i = 0; i < half; i++) {
            float exponent = negative_logarithm * (float)i / divisor;
            float angle = (float)timesteps[row] * (float)exp((double)exponent);
            sines[i] = (float)sin((double)angle);
            cosines[i] = (float)cos((double)angle);
        }
        if (channels % 2 == 1) out[(row + 1) * channels - 1] = 0;
    }
}
