// oneDNN 3.x by its C interface: names, values and signatures as its documentation states them, and how it is opened.
// https://uxlfoundation.github.io/oneDNN/v3/
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma clang assume_nonnull begin

enum { DAGUERRE_DNNL_MAX_DIMS = 12 };

typedef struct dnnl_engine *dnnl_engine_t;
typedef struct dnnl_stream *dnnl_stream_t;
typedef struct dnnl_memory *dnnl_memory_t;
typedef struct dnnl_memory_desc *dnnl_memory_desc_t;
typedef struct dnnl_primitive_attr *dnnl_primitive_attr_t;
typedef struct dnnl_post_ops *dnnl_post_ops_t;
typedef struct dnnl_primitive_desc *dnnl_primitive_desc_t;
typedef struct dnnl_primitive *dnnl_primitive_t;

// dnnl_status_t; 0 is success.
typedef int dnnl_status;

typedef struct {
    int major, minor, patch;
    const char *_Nullable hash;
    unsigned cpu_runtime, gpu_runtime;
} dnnl_version_t;

typedef struct {
    int argument;
    dnnl_memory_t _Nullable memory;
} dnnl_exec_arg_t;

enum {
    // dnnl_data_type_t
    DAGUERRE_DNNL_F16 = 1,
    DAGUERRE_DNNL_BF16 = 2,
    DAGUERRE_DNNL_F32 = 3,
    // dnnl_engine_kind_t
    DAGUERRE_DNNL_CPU = 1,
    // dnnl_stream_flags_t
    DAGUERRE_DNNL_IN_ORDER = 1,
    // dnnl_format_tag_t
    DAGUERRE_DNNL_ANY = 1,
    // dnnl_prop_kind_t
    DAGUERRE_DNNL_FORWARD_INFERENCE = 96,
    // dnnl_alg_kind_t
    DAGUERRE_DNNL_CONVOLUTION_DIRECT = 0x1,
    DAGUERRE_DNNL_RELU = 0x20,
    DAGUERRE_DNNL_SWISH = 0x2c,
    DAGUERRE_DNNL_GELU_ERF = 0x31,
    DAGUERRE_DNNL_BINARY_ADD = 0x1fff0,
    DAGUERRE_DNNL_BINARY_MUL = 0x1fff1,
    // dnnl_scratchpad_mode_t
    DAGUERRE_DNNL_SCRATCHPAD_USER = 1,
    // dnnl_query_t
    DAGUERRE_DNNL_QUERY_IMPLEMENTATION = 8,
    DAGUERRE_DNNL_QUERY_WEIGHTS = 131,
    DAGUERRE_DNNL_QUERY_SCRATCHPAD = 136,
    DAGUERRE_DNNL_QUERY_SUBMEMORY_OFFSET = 259,
    // Indices of primitives' arguments
    DAGUERRE_DNNL_ARG_SOURCE = 1,
    DAGUERRE_DNNL_ARG_POST_OP_OPERAND = 2,
    DAGUERRE_DNNL_ARG_DESTINATION = 17,
    DAGUERRE_DNNL_ARG_WEIGHTS = 33,
    DAGUERRE_DNNL_ARG_BIAS = 41,
    DAGUERRE_DNNL_ARG_SCRATCHPAD = 80,
    DAGUERRE_DNNL_ARG_POST_OP_BASE = 32768,  // times one more than the post-op's index, or-ed with its operand
};

// dnnl_cpu_isa_t
enum { DAGUERRE_DNNL_ISA_AVX2 = 0x7, DAGUERRE_DNNL_ISA_AVX512 = 0x27 };

// The functions that are used, each under its name in oneDNN without the prefix `dnnl_`.
#define DAGUERRE_DNNL_FUNCTIONS(FUNCTION)                                                                              \
    FUNCTION(const dnnl_version_t *_Nonnull, version, (void))                                                          \
    FUNCTION(dnnl_status, set_max_cpu_isa, (int isa))                                                                  \
    FUNCTION(dnnl_status, engine_create, (dnnl_engine_t _Nullable *_Nonnull engine, int kind, size_t index))           \
    FUNCTION(dnnl_status, engine_destroy, (dnnl_engine_t engine))                                                      \
    FUNCTION(                                                                                                          \
        dnnl_status, stream_create,                                                                                    \
        (dnnl_stream_t _Nullable *_Nonnull stream, dnnl_engine_t engine, unsigned flags))                              \
    FUNCTION(dnnl_status, stream_wait, (dnnl_stream_t stream))                                                         \
    FUNCTION(dnnl_status, stream_destroy, (dnnl_stream_t stream))                                                      \
    FUNCTION(                                                                                                          \
        dnnl_status, memory_desc_create_with_tag,                                                                      \
        (dnnl_memory_desc_t _Nullable *_Nonnull descriptor, int rank, const int64_t *dims, int type, int tag))         \
    FUNCTION(                                                                                                          \
        dnnl_status, memory_desc_create_with_strides,                                                                  \
        (dnnl_memory_desc_t _Nullable *_Nonnull descriptor, int rank, const int64_t *dims, int type,                   \
         const int64_t *strides))                                                                                      \
    FUNCTION(                                                                                                          \
        dnnl_status, memory_desc_create_submemory,                                                                     \
        (dnnl_memory_desc_t _Nullable *_Nonnull descriptor, dnnl_memory_desc_t parent, const int64_t *dims,            \
         const int64_t *offsets))                                                                                      \
    FUNCTION(                                                                                                          \
        dnnl_status, memory_desc_clone,                                                                                \
        (dnnl_memory_desc_t _Nullable *_Nonnull descriptor, dnnl_memory_desc_t original))                              \
    FUNCTION(dnnl_status, memory_desc_destroy, (dnnl_memory_desc_t descriptor))                                        \
    FUNCTION(dnnl_status, memory_desc_query, (dnnl_memory_desc_t descriptor, int what, void *result))                  \
    FUNCTION(int, memory_desc_equal, (dnnl_memory_desc_t one, dnnl_memory_desc_t other))                               \
    FUNCTION(size_t, memory_desc_get_size, (dnnl_memory_desc_t descriptor))                                            \
    FUNCTION(                                                                                                          \
        dnnl_status, memory_create,                                                                                    \
        (dnnl_memory_t _Nullable *_Nonnull memory, dnnl_memory_desc_t descriptor, dnnl_engine_t engine,                \
         void *_Nullable handle))                                                                                      \
    FUNCTION(dnnl_status, memory_set_data_handle, (dnnl_memory_t memory, void *_Nullable handle))                      \
    FUNCTION(dnnl_status, memory_destroy, (dnnl_memory_t memory))                                                      \
    FUNCTION(dnnl_status, primitive_attr_create, (dnnl_primitive_attr_t _Nullable *_Nonnull attributes))               \
    FUNCTION(dnnl_status, primitive_attr_destroy, (dnnl_primitive_attr_t attributes))                                  \
    FUNCTION(dnnl_status, primitive_attr_set_scratchpad_mode, (dnnl_primitive_attr_t attributes, int mode))            \
    FUNCTION(                                                                                                          \
        dnnl_status, primitive_attr_set_post_ops, (dnnl_primitive_attr_t attributes, dnnl_post_ops_t post_ops))        \
    FUNCTION(dnnl_status, post_ops_create, (dnnl_post_ops_t _Nullable *_Nonnull post_ops))                             \
    FUNCTION(dnnl_status, post_ops_destroy, (dnnl_post_ops_t post_ops))                                                \
    FUNCTION(dnnl_status, post_ops_append_eltwise, (dnnl_post_ops_t post_ops, int algorithm, float alpha, float beta)) \
    FUNCTION(                                                                                                          \
        dnnl_status, post_ops_append_binary, (dnnl_post_ops_t post_ops, int algorithm, dnnl_memory_desc_t operand))    \
    FUNCTION(                                                                                                          \
        dnnl_status, matmul_primitive_desc_create,                                                                     \
        (dnnl_primitive_desc_t _Nullable *_Nonnull primitive, dnnl_engine_t engine, dnnl_memory_desc_t source,         \
         dnnl_memory_desc_t weights, dnnl_memory_desc_t _Nullable bias, dnnl_memory_desc_t destination,                \
         dnnl_primitive_attr_t attributes))                                                                            \
    FUNCTION(                                                                                                          \
        dnnl_status, convolution_forward_primitive_desc_create,                                                        \
        (dnnl_primitive_desc_t _Nullable *_Nonnull primitive, dnnl_engine_t engine, int propagation, int algorithm,    \
         dnnl_memory_desc_t source, dnnl_memory_desc_t weights, dnnl_memory_desc_t _Nullable bias,                     \
         dnnl_memory_desc_t destination, const int64_t *strides, const int64_t *dilations,                             \
         const int64_t *padding_before, const int64_t *padding_after, dnnl_primitive_attr_t attributes))               \
    FUNCTION(                                                                                                          \
        dnnl_status, reorder_primitive_desc_create,                                                                    \
        (dnnl_primitive_desc_t _Nullable *_Nonnull primitive, dnnl_memory_desc_t source, dnnl_engine_t source_engine,  \
         dnnl_memory_desc_t destination, dnnl_engine_t destination_engine,                                             \
         dnnl_primitive_attr_t _Nullable attributes))                                                                  \
    FUNCTION(dnnl_status, primitive_desc_query, (dnnl_primitive_desc_t primitive, int what, int index, void *result))  \
    FUNCTION(                                                                                                          \
        dnnl_memory_desc_t _Nullable, primitive_desc_query_md, (dnnl_primitive_desc_t primitive, int what, int index)) \
    FUNCTION(dnnl_status, primitive_desc_destroy, (dnnl_primitive_desc_t primitive))                                   \
    FUNCTION(                                                                                                          \
        dnnl_status, primitive_create,                                                                                 \
        (dnnl_primitive_t _Nullable *_Nonnull primitive, dnnl_primitive_desc_t descriptor))                            \
    FUNCTION(                                                                                                          \
        dnnl_status, primitive_execute,                                                                                \
        (dnnl_primitive_t primitive, dnnl_stream_t stream, int count, const dnnl_exec_arg_t *arguments))               \
    FUNCTION(dnnl_status, primitive_destroy, (dnnl_primitive_t primitive))

// An opened library. It stays open for the life of the process.
typedef struct {
#define DAGUERRE_MEMBER(RESULT, NAME, PARAMETERS) RESULT (*_Nonnull NAME) PARAMETERS;
    DAGUERRE_DNNL_FUNCTIONS(DAGUERRE_MEMBER)
#undef DAGUERRE_MEMBER
    // Of the OpenMP runtime that the library runs on; NULL where it runs on another kind of threads.
    void (*_Nullable omp_set_num_threads)(int count);
    void *_Nullable gomp_parallel;  // the address of GOMP_parallel
} daguerre_onednn;

typedef enum {
    DAGUERRE_ONEDNN_OPENED = 0,
    DAGUERRE_ONEDNN_UNOPENABLE,      // detail: what the dynamic linker says
    DAGUERRE_ONEDNN_SYMBOL_MISSING,  // detail: the function's name
    DAGUERRE_ONEDNN_OTHER_VERSION,   // detail: the version found
} daguerre_onednn_outcome;

// Opens `path` (a file, or a name that the dynamic linker finds) and looks every function up. On failure `library` is
// untouched and `detail` holds a zero-terminated explanation, cut to `capacity` bytes.
daguerre_onednn_outcome daguerre_onednn_open(
    const char *path, daguerre_onednn *library, char *detail, size_t capacity);

#pragma clang assume_nonnull end

#ifdef __cplusplus
}
#endif
