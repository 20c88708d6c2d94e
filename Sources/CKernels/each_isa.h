// Compiles one kernel file once for each instruction set.
//
// The kernel file names itself in KERNEL and includes this header, which includes it again for each set with SUFFIX
// defined and the types and functions of vector.h at hand. There its kernels are written once, as NAME(kernel), and
// the rest of the file picks one of them with FOR_THIS_MACHINE(kernel).
#include "CKernels.h"

#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define GLUE_AGAIN(a, b) a##_##b
#define GLUE(a, b) GLUE_AGAIN(a, b)
#define NAME(name) GLUE(name, SUFFIX)
// Into the kernel, with its element type and activation as constants, whatever the optimiser thinks of its size.
#define INLINE static inline __attribute__((always_inline, unused))

// body(type, ...) and body(activation, ...) with the first argument a constant.
#define FOR_TYPE(type, body, ...) \
    switch (type) { \
    case DAGUERRE_FLOAT32: body(DAGUERRE_FLOAT32, __VA_ARGS__); break; \
    case DAGUERRE_BFLOAT16: body(DAGUERRE_BFLOAT16, __VA_ARGS__); break; \
    case DAGUERRE_FLOAT16: body(DAGUERRE_FLOAT16, __VA_ARGS__); break; \
    }
#define FOR_ACTIVATION(activation, body, ...) \
    switch (activation) { \
    case DAGUERRE_IDENTITY: body(DAGUERRE_IDENTITY, __VA_ARGS__); break; \
    case DAGUERRE_SILU: body(DAGUERRE_SILU, __VA_ARGS__); break; \
    case DAGUERRE_GELU: body(DAGUERRE_GELU, __VA_ARGS__); break; \
    case DAGUERRE_QUICK_GELU: body(DAGUERRE_QUICK_GELU, __VA_ARGS__); break; \
    case DAGUERRE_RELU: body(DAGUERRE_RELU, __VA_ARGS__); break; \
    }

#define SUFFIX portable
#include "vector.h"
#include KERNEL
#undef SUFFIX

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,bmi,bmi2"))), apply_to = function)
#define SUFFIX avx2
#define AVX2 1
#include "vector.h"
#include KERNEL
#undef AVX2
#undef SUFFIX
#pragma clang attribute pop

#pragma clang attribute push( \
    __attribute__((target("avx2,fma,f16c,bmi,bmi2,avx512f,avx512bw,avx512dq,avx512vl"))), apply_to = function)
#define SUFFIX avx512
#define AVX512 1
#include "vector.h"
#include KERNEL
#undef SUFFIX
#pragma clang attribute pop

#pragma clang attribute push( \
    __attribute__((target("avx2,fma,f16c,bmi,bmi2,avx512f,avx512bw,avx512dq,avx512vl,avx512bf16"))), \
    apply_to = function)
#define SUFFIX avx512bf16
#define AVX512_BF16 1
#include "vector.h"
#include KERNEL
#undef AVX512_BF16
#undef AVX512
#undef SUFFIX
#pragma clang attribute pop

#define FOR_ISA(isa, name) \
    ((typeof(&name##_portable)[]){name##_portable, name##_avx2, name##_avx512, name##_avx512bf16}[isa])
#else
#define FOR_ISA(isa, name) (&name##_portable)
#endif
#define FOR_THIS_MACHINE(name) FOR_ISA(daguerre_isa_current(), name)
