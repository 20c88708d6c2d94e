// The engine's own CPU kernels: one operation per file, with run-time dispatch over instruction sets.
//
// Conventions. Tensors are dense and row-major; images are [N, H, W, C], tokens [N, T, D]. No pointer needs an
// alignment. Statistics, softmax and accumulation are float32 under each element type. Work is cut into tasks by the
// shapes alone, never by the thread count, so results do not depend on the number of threads. No kernel allocates:
// scratch space comes from the caller, whose size the matching ..._scratch function tells in bytes.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// MARK: Instruction sets (dispatch.c)

// In rising order; a machine that has one has all before it (on x86).
typedef enum {
    DAGUERRE_PORTABLE = 0,  // plain C; on AArch64 the compiler turns it into NEON
    DAGUERRE_AVX2 = 1,      // AVX2, FMA, F16C
    DAGUERRE_AVX512 = 2,    // AVX-512 F, BW, DQ, VL
    DAGUERRE_AVX512_BF16 = 3,
} daguerre_isa;

// The best set of this machine, or the lower one that the environment variable DAGUERRE_ISA names
// (portable, avx2, avx512, avx512bf16; a name that the machine cannot run is ignored).
daguerre_isa daguerre_isa_current(void);
// The best set of this machine, whatever the environment says.
daguerre_isa daguerre_isa_machine(void);
const char *daguerre_isa_name(daguerre_isa isa);

typedef enum { DAGUERRE_FLOAT32 = 0, DAGUERRE_BFLOAT16 = 1, DAGUERRE_FLOAT16 = 2 } daguerre_type;

typedef enum {
    DAGUERRE_IDENTITY = 0,
    DAGUERRE_SILU = 1,
    DAGUERRE_GELU = 2,        // exact: x/2 (1 + erf(x/sqrt 2)), absolute error <= 1e-6
    DAGUERRE_QUICK_GELU = 3,  // x sigmoid(1.702 x)
    DAGUERRE_RELU = 4,        // max(x, 0)
} daguerre_activation;

// MARK: Threads (team.c)

// A team of threads that run tasks. It uses libgomp's threads where `gomp_parallel` (the address of GOMP_parallel of
// the libgomp that oneDNN uses) is given, so that both share one set of threads, and its own pthreads otherwise.
typedef struct daguerre_team daguerre_team;
typedef void (*daguerre_task)(void *context, size_t index);
// NULL if there is no memory for it. thread_count >= 1.
daguerre_team *daguerre_team_create(int thread_count, void *gomp_parallel);
void daguerre_team_destroy(daguerre_team *team);
int daguerre_team_size(const daguerre_team *team);
// Runs body(context, i) once for each i < count on the team and returns when all are done. One caller at a time.
void daguerre_team_run(daguerre_team *team, size_t count, void *context, daguerre_task body);
// Which worker of the team is running the current task: 0 ..< size.
int daguerre_team_worker(void);

// MARK: Attention (attention*.c)

// Flash attention: out = softmax(q kT / sqrt(d)) v per head, never holding more than one tile of scores.
// q, out [batch, queries, heads * d]; k, v [batch_kv, keys, heads * d] with batch_kv 1 or batch. Any d from 1 to 1024.
// Causal lets query t see keys 0...t. `type` is FLOAT32 or BFLOAT16. The row stride is heads * d.
typedef struct {
    daguerre_type type;
    size_t batch, batch_kv, queries, keys, heads, d;
    bool causal;
} daguerre_attention_shape;
size_t daguerre_attention_scratch(const daguerre_attention_shape *shape, int thread_count);
void daguerre_attention(
    daguerre_team *team, const daguerre_attention_shape *shape, const void *q, const void *k, const void *v, void *out,
    void *scratch);

// MARK: Normalisation (groupnorm.c, layernorm.c)

// x, out [batch, pixels, channels]; scale, shift [channels] float32; biased variance; then the activation.
// channels % groups == 0. `out` may be `x`.
size_t daguerre_group_norm_scratch(size_t batch, size_t pixels, size_t channels, size_t groups);
void daguerre_group_norm(
    daguerre_team *team, daguerre_type type, const void *x, const float *scale, const float *shift, void *out,
    size_t batch, size_t pixels, size_t channels, size_t groups, float epsilon, daguerre_activation activation,
    void *scratch);
// x, out [rows, channels].
void daguerre_layer_norm(
    daguerre_team *team, daguerre_type type, const void *x, const float *scale, const float *shift, void *out,
    size_t rows, size_t channels, float epsilon);

// MARK: Pointwise (elementwise.c)

// out[i] = activation(x[i]); `out` may be `x`.
void daguerre_activate(
    daguerre_team *team, daguerre_type type, const void *x, void *out, size_t count, daguerre_activation activation);
// out[i] = value[i] * gelu(gate[i]); `out` may be either.
void daguerre_geglu(
    daguerre_team *team, daguerre_type type, const void *value, const void *gate, void *out, size_t count);
// out[i] = sum over j of factors[j] * tensors[j][i], summed in order in float32; each tensor has its own type.
// At most 8 terms. `out` may be one of the tensors if it has the same type.
void daguerre_weighted_sum(
    daguerre_team *team, size_t terms, const void *const *tensors, const daguerre_type *types, const float *factors,
    void *out, daguerre_type out_type, size_t count);
// Rounds to nearest, ties to even; NaN stays NaN.
void daguerre_convert(
    daguerre_team *team, daguerre_type from, const void *x, daguerre_type to, void *out, size_t count);
bool daguerre_is_finite(daguerre_team *team, daguerre_type type, const void *x, size_t count);

// MARK: Rearrangement (rearrange.c); element_size is 1, 2, 4 or 8 bytes

// Joins `parts` tensors [rows, channels[i]] along their last axis.
void daguerre_concatenate_channels(
    daguerre_team *team, size_t element_size, size_t parts, const void *const *tensors, const size_t *channels,
    void *out, size_t rows);
// Nearest neighbour: out[n, y, x] = in[n, y * height / out_height, x * width / out_width] (integer division).
void daguerre_upsample_nearest(
    daguerre_team *team, size_t element_size, const void *in, void *out, size_t batch, size_t height, size_t width,
    size_t out_height, size_t out_width, size_t channels);
// The rows and columns of the plane that copies of in [batch, height, width, channels] tile, from (first_row, first_column)
// on: out[n, y, x] = in[n, (first_row + y) mod height, (first_column + x) mod width]. height, width >= 1.
void daguerre_periodic_window(
    daguerre_team *team, size_t element_size, const void *in, void *out, size_t batch, size_t height, size_t width,
    size_t channels, ptrdiff_t first_row, ptrdiff_t first_column, size_t rows, size_t columns);
// out[n, 2y + p, 2x + r] = phases[2p + r][n, y, x], each phase [batch, height, width, channels].
void daguerre_interleave_phases(
    daguerre_team *team, size_t element_size, const void *const *phases, void *out, size_t batch, size_t height,
    size_t width, size_t channels);

// MARK: Upsampling convolution (phases.c)

// A 3x3 kernel after a twofold nearest enlargement is four 2x2 kernels on the small image, one for each parity of the
// output's row and column. weight [rows, 3, 3] -> phases[2p + r] at phases + (2p + r) * rows * 4, each [rows, 2, 2];
// rows = outputs * inputs. Phase p = 0 pads one row before, p = 1 one after; likewise columns.
void daguerre_upsample_phases(const float *weight, float *phases, size_t rows);

// MARK: Timestep embedding (timestep.c)

// diffusers get_timestep_embedding in its own float32 order of operations; out [count, channels].
void daguerre_timestep_embedding(
    const double *timesteps, size_t count, size_t channels, bool cosine_first, double frequency_shift, float *out);

// MARK: Matrix products for machines without oneDNN (gemm.c, convolution.c)

// Bytes of the packed form of a matrix [outputs, inputs]; it is float32 whatever the activations' type.
size_t daguerre_gemm_packed_size(size_t outputs, size_t inputs);
void daguerre_gemm_pack(
    daguerre_team *team, daguerre_type type, const void *weight, void *packed, size_t outputs, size_t inputs);
size_t daguerre_gemm_scratch(size_t rows, size_t outputs, size_t inputs, int thread_count);
// out[rows, outputs] = activation(x[rows, inputs] weightT + bias) + residual; bias (float32) and residual may be NULL.
void daguerre_gemm(
    daguerre_team *team, daguerre_type type, const void *x, const void *packed, const float *bias,
    const void *residual, void *out, daguerre_type out_type, size_t rows, size_t outputs, size_t inputs,
    daguerre_activation activation, void *scratch);

typedef struct {
    daguerre_type type;
    size_t batch, height, width, inputs, outputs, kernel, stride;
    size_t top, left, out_height, out_width;  // zero padding before; what lies beyond the end is zero too
} daguerre_convolution_shape;
// weight [outputs, inputs, kernel, kernel] -> a packed matrix [outputs, kernel * kernel * inputs].
size_t daguerre_convolution_packed_size(size_t outputs, size_t inputs, size_t kernel);
void daguerre_convolution_pack(
    daguerre_team *team, daguerre_type type, const void *weight, void *packed, size_t outputs, size_t inputs,
    size_t kernel);
size_t daguerre_convolution_scratch(const daguerre_convolution_shape *shape, int thread_count);
// out = activation(conv(x) + bias + residual).
void daguerre_convolution(
    daguerre_team *team, const daguerre_convolution_shape *shape, const void *x, const void *packed, const float *bias,
    const void *residual, void *out, daguerre_activation activation, void *scratch);

// MARK: Peak (peak.c)

// Floating-point operations per second of a loop of independent fused multiply-adds (float32) or dot products
// (bfloat16, where the machine has them; else 0), over the whole team, best of several runs of `seconds` in all.
double daguerre_peak_flops(daguerre_team *team, daguerre_type type, double seconds);

#ifdef __cplusplus
}
#endif
