// A vector of floats as wide as the instruction set's registers, and what the kernels do with it.
//
// Included once for each instruction set by each_isa.h. Types and functions get the set's suffix, so that kernels of
// several sets share a file; `+ - * /`, shifts and comparisons are the compiler's own on vectors, and a * b + c is one
// fused instruction where the set has it.
#undef WIDTH
#if AVX512
#define WIDTH 16
#elif AVX2
#define WIDTH 8
#else
#define WIDTH 4
#endif

#define floats NAME(floats)
#define words NAME(words)
#define halves NAME(halves)
#define all NAME(all)
#define where NAME(where)
#define larger NAME(larger)
#define smaller NAME(smaller)
#define magnitude NAME(magnitude)
#define reciprocal NAME(reciprocal)
#define exponential NAME(exponential)
#define activate NAME(activate)
#define widen_bfloat16 NAME(widen_bfloat16)
#define narrow_bfloat16 NAME(narrow_bfloat16)
#define widen_float16 NAME(widen_float16)
#define narrow_float16 NAME(narrow_float16)
#define load NAME(load)
#define load_some NAME(load_some)
#define load_lanes NAME(load_lanes)
#define store NAME(store)
#define store_some NAME(store_some)
#define store_lanes NAME(store_lanes)

typedef float floats __attribute__((vector_size(WIDTH * 4)));
typedef uint32_t words __attribute__((vector_size(WIDTH * 4)));
typedef uint16_t halves __attribute__((vector_size(WIDTH * 2)));

// MARK: Arithmetic

INLINE floats all(float value) { return value - (floats){0}; }

// Lane by lane: mask (all ones or all zeros) ? yes : no.
INLINE words where(words mask, words yes, words no) { return (mask & yes) | (~mask & no); }

// The larger of a bound and x, which stays NaN if it is NaN; `smaller` likewise.
INLINE floats larger(floats bound, floats x) {
#if AVX512
    return _mm512_max_ps(bound, x);
#elif AVX2
    return _mm256_max_ps(bound, x);
#else
    return (floats)where((words)(bound > x), (words)bound, (words)x);
#endif
}

INLINE floats smaller(floats bound, floats x) {
#if AVX512
    return _mm512_min_ps(bound, x);
#elif AVX2
    return _mm256_min_ps(bound, x);
#else
    return (floats)where((words)(bound < x), (words)bound, (words)x);
#endif
}

INLINE floats magnitude(floats x) { return (floats)((words)x & 0x7fffffff); }

// 1 / x for 1 <= x < 2^126, within 2 units in the last place, or as exactly as `type` can tell.
INLINE floats reciprocal(daguerre_type type, floats x) {
#if AVX512
    floats estimate = _mm512_rcp14_ps(x);
    return type == DAGUERRE_BFLOAT16 ? estimate : estimate * (2 - x * estimate);
#else
    (void)type;
    return 1 / x;
#endif
}

// e^x with a relative error below 1.3e-7, or 1e-4 for bfloat16, whose own rounding is 20 times that. Brings x into
// -87...87, where results are normal numbers.
//
// Adding 1.5 * 2^23 rounds x / ln 2 to an integer n and leaves n in the low bits. For x = n ln 2 + r, the polynomial is
// the minimax of (e^r - 1 - r) / r^2; in the short form it is that of 2^r.
INLINE floats exponential(daguerre_type type, floats x) {
    const float per_ln2 = 0x1.715476p0f, rounding = 0x1.8p23f;
    x = smaller(all(87), larger(all(-87), x));
    floats shifted = x * per_ln2 + rounding;
    floats n = shifted - rounding;
    floats power;
    if (type == DAGUERRE_BFLOAT16) {
        floats r = x * per_ln2 - n;
        power = ((r * 0.0551715362f + 0.242612068f) * r + 0.693261076f) * r + 0.999928017f;
    } else {
        floats r = x - n * 0x1.62e4p-1f;
        r = r - n * 0x1.7f7d1cp-20f;
        floats p = r * 0x1.6a2434p-10f + 0x1.1239e2p-7f;
        p = p * r + 0x1.5558f2p-5f;
        p = p * r + 0x1.555492p-3f;
        p = p * r + 0x1.fffffcp-2f;
        power = p * (r * r) + r + 1;
    }
    return (floats)((words)power + ((words)shifted << 23));
}

// The activation, as exactly as `type` can tell; its limit for an infinite x.
INLINE floats activate(daguerre_activation activation, daguerre_type type, floats x) {
    switch (activation) {
    case DAGUERRE_IDENTITY: return x;
    // Below the lower bounds the sigmoid stays at e^-87, which would not be nothing beside the largest numbers.
    case DAGUERRE_SILU: return larger(all(-87), x) * reciprocal(type, 1 + exponential(type, -x));
    case DAGUERRE_QUICK_GELU: return larger(all(-52), x) * reciprocal(type, 1 + exponential(type, x * -1.702f));
    case DAGUERRE_RELU: return larger(all(0), x);
    case DAGUERRE_GELU: break;
    }
    // max(x, 0) - |x| / 2 erfc(|x| / sqrt 2), where erfc z = t p(t) e^(-z z) with t = 1 / (1 + 0.39 z) and the minimax
    // p: an error of 8e-9.
    // Beyond 100, e^(-z z) is nothing, and an infinity times nothing would be NaN.
    floats size = smaller(all(100), magnitude(x));
    floats t = reciprocal(type, 1 + size * (0.39f * 0.70710678f));
    floats p = t * -0.227536913f + 0.886663504f;
    p = p * t - 0.635398871f;
    p = p * t + 0.649558262f;
    p = p * t + 0.0913888706f;
    p = p * t + 0.235325146f;
    return larger(all(0), x) - size * 0.5f * (p * t) * exponential(type, size * size * -0.5f);
}

// MARK: Element types

INLINE floats widen_bfloat16(halves x) { return (floats)(__builtin_convertvector(x, words) << 16); }

// Rounds to nearest even; NaN stays NaN. The machine's own instruction (AVX512_BF16) takes subnormal numbers for zero.
INLINE halves narrow_bfloat16(floats x) {
#if AVX512_BF16
    return (halves)_mm512_cvtneps_pbh(x);
#else
    words bits = (words)x;
    words rounded = bits + 0x7fff + (bits >> 16 & 1);
    return __builtin_convertvector(where((words)(x != x), bits | 0x400000, rounded) >> 16, halves);
#endif
}

INLINE floats widen_float16(halves x) {
#if AVX512
    return _mm512_cvtph_ps((__m256i)x);
#elif AVX2
    return _mm256_cvtph_ps((__m128i)x);
#else
    words bits = __builtin_convertvector(x, words);
    words shifted = (bits & 0x7fff) << 13;
    words special = (words)(shifted >= 0x7c00 << 13) & 0x7f800000;  // infinite or NaN
    return (floats)((words)((floats)shifted * 0x1p112f) | special | ((bits & 0x8000) << 16));
#endif
}

INLINE halves narrow_float16(floats x) {
#if AVX512
    return (halves)_mm512_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT);
#elif AVX2
    return (halves)_mm256_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT);
#else
    words bits = (words)magnitude(x);
    words normal = (bits + 0xfff + (bits >> 13 & 1) - (112 << 23)) >> 13;
    words subnormal = (words)(magnitude(x) + 0.5f) - 0x3f000000;  // 0.5's last place is the smallest number's
    words result = where((words)(bits < 113 << 23), subnormal, normal);
    result = where((words)(bits >= 143 << 23), (words)all(0) + 0x7c00, result);
    result = where((words)(x != x), 0x7e00 | (bits >> 13 & 0x1ff), result);
    return __builtin_convertvector(result | ((words)x >> 16 & 0x8000), halves);
#endif
}

// MARK: Memory

INLINE size_t NAME(element_size)(daguerre_type type) { return type == DAGUERRE_FLOAT32 ? 4 : 2; }

// WIDTH elements of any type from x[index] on.
INLINE floats load(daguerre_type type, const void *x, size_t index) {
    const char *first = (const char *)x + index * NAME(element_size)(type);
    floats wide;
    halves narrow;
    if (type == DAGUERRE_FLOAT32) {
        memcpy(&wide, first, sizeof wide);
        return wide;
    }
    memcpy(&narrow, first, sizeof narrow);
    return type == DAGUERRE_BFLOAT16 ? widen_bfloat16(narrow) : widen_float16(narrow);
}

// The first `lanes` < WIDTH elements from x[index] on, then zeros; reads nothing beyond them.
INLINE floats load_some(daguerre_type type, const void *x, size_t index, size_t lanes) {
    const char *first = (const char *)x + index * NAME(element_size)(type);
#if AVX512
    __mmask16 mask = (__mmask16)((1u << lanes) - 1);
    if (type == DAGUERRE_FLOAT32) return _mm512_maskz_loadu_ps(mask, first);
    halves narrow = (halves)_mm256_maskz_loadu_epi16(mask, first);
    return type == DAGUERRE_BFLOAT16 ? widen_bfloat16(narrow) : widen_float16(narrow);
#else
    char buffer[sizeof(floats)] = {0};
    memcpy(buffer, first, lanes * NAME(element_size)(type));
    return load(type, buffer, 0);
#endif
}

INLINE floats load_lanes(daguerre_type type, const void *x, size_t index, size_t lanes) {
    return lanes == WIDTH ? load(type, x, index) : load_some(type, x, index, lanes);
}

INLINE void store(daguerre_type type, void *x, size_t index, floats value) {
    char *first = (char *)x + index * NAME(element_size)(type);
    if (type == DAGUERRE_FLOAT32) {
        memcpy(first, &value, sizeof value);
    } else {
        halves narrow = type == DAGUERRE_BFLOAT16 ? narrow_bfloat16(value) : narrow_float16(value);
        memcpy(first, &narrow, sizeof narrow);
    }
}

INLINE void store_some(daguerre_type type, void *x, size_t index, size_t lanes, floats value) {
    char *first = (char *)x + index * NAME(element_size)(type);
#if AVX512
    __mmask16 mask = (__mmask16)((1u << lanes) - 1);
    if (type == DAGUERRE_FLOAT32) {
        _mm512_mask_storeu_ps(first, mask, value);
    } else {
        halves narrow = type == DAGUERRE_BFLOAT16 ? narrow_bfloat16(value) : narrow_float16(value);
        _mm256_mask_storeu_epi16(first, mask, (__m256i)narrow);
    }
#else
    char buffer[sizeof(floats)];
    store(type, buffer, 0, value);
    memcpy(first, buffer, lanes * NAME(element_size)(type));
#endif
}

INLINE void store_lanes(daguerre_type type, void *x, size_t index, size_t lanes, floats value) {
    if (lanes == WIDTH) {
        store(type, x, index, value);
    } else {
        store_some(type, x, index, lanes, value);
    }
}

// Runs over first ..< end in vectors, of which the last may have fewer lanes.
#ifndef FOR_LANES
#define FOR_LANES(i, lanes, first, end) \
    for (size_t i = (first), lanes; i < (end) && (lanes = (end) - i < WIDTH ? (end) - i : WIDTH, true); i += lanes)
#endif
