// Pointwise operations, one pass over memory each.
#ifndef KERNEL
#define KERNEL "elementwise.c"
#include <stdatomic.h>

#include "each_isa.h"

enum { elements_per_task = 1 << 15 };

static size_t task_count(size_t count) { return (count + elements_per_task - 1) / elements_per_task; }

static size_t task_end(size_t count, size_t task) {
    size_t end = (task + 1) * elements_per_task;
    return end < count ? end : count;
}

// MARK: Activation

typedef struct {
    void (*kernel)(daguerre_activation, daguerre_type, const void *, void *, size_t, size_t);
    daguerre_type type;
    daguerre_activation activation;
    const void *x;
    void *out;
    size_t count;
} activation_run;

static void activation_task(void *context, size_t task) {
    const activation_run *run = context;
    size_t end = task_end(run->count, task);
    run->kernel(run->activation, run->type, run->x, run->out, task * elements_per_task, end);
}

void daguerre_activate(
    daguerre_team *team, daguerre_type type, const void *x, void *out, size_t count, daguerre_activation activation) {
    activation_run run = {FOR_THIS_MACHINE(activate_range), type, activation, x, out, count};
    daguerre_team_run(team, task_count(count), &run, activation_task);
}

// MARK: GEGLU

typedef struct {
    void (*kernel)(daguerre_type, const void *, const void *, void *, size_t, size_t);
    daguerre_type type;
    const void *value, *gate;
    void *out;
    size_t count;
} geglu_run;

static void geglu_task(void *context, size_t task) {
    const geglu_run *run = context;
    size_t end = task_end(run->count, task);
    run->kernel(run->type, run->value, run->gate, run->out, task * elements_per_task, end);
}

void daguerre_geglu(
    daguerre_team *team, daguerre_type type, const void *value, const void *gate, void *out, size_t count) {
    geglu_run run = {FOR_THIS_MACHINE(geglu_range), type, value, gate, out, count};
    daguerre_team_run(team, task_count(count), &run, geglu_task);
}

// MARK: Weighted sum

typedef struct {
    void (*kernel)(
        daguerre_type, size_t, const void *const *, const daguerre_type *, const float *, void *, size_t, size_t);
    size_t terms;
    const void *const *tensors;
    const daguerre_type *types;
    const float *factors;
    void *out;
    daguerre_type out_type;
    size_t count;
} sum_run;

static void sum_task(void *context, size_t task) {
    const sum_run *run = context;
    size_t end = task_end(run->count, task);
    run->kernel(
        run->out_type, run->terms, run->tensors, run->types, run->factors, run->out, task * elements_per_task, end);
}

void daguerre_weighted_sum(
    daguerre_team *team, size_t terms, const void *const *tensors, const daguerre_type *types, const float *factors,
    void *out, daguerre_type out_type, size_t count) {
    sum_run run = {FOR_THIS_MACHINE(sum_range), terms, tensors, types, factors, out, out_type, count};
    daguerre_team_run(team, task_count(count), &run, sum_task);
}

// MARK: Conversion

typedef struct {
    void (*kernel)(daguerre_type, daguerre_type, const void *, void *, size_t, size_t);
    daguerre_type from, to;
    const void *x;
    void *out;
    size_t count;
} conversion_run;

static void conversion_task(void *context, size_t task) {
    const conversion_run *run = context;
    size_t end = task_end(run->count, task);
    run->kernel(run->from, run->to, run->x, run->out, task * elements_per_task, end);
}

void daguerre_convert(
    daguerre_team *team, daguerre_type from, const void *x, daguerre_type to, void *out, size_t count) {
    // The instruction of AVX512_BF16 would turn subnormal numbers into zeros; a conversion is exact.
    daguerre_isa isa = daguerre_isa_current();
    if (isa == DAGUERRE_AVX512_BF16) isa = DAGUERRE_AVX512;
    conversion_run run = {FOR_ISA(isa, convert_range), from, to, x, out, count};
    daguerre_team_run(team, task_count(count), &run, conversion_task);
}

// MARK: Finiteness

typedef struct {
    bool (*kernel)(daguerre_type, const void *, size_t, size_t);
    daguerre_type type;
    const void *x;
    size_t count;
    _Atomic bool is_finite;
} finiteness_run;

static void finiteness_task(void *context, size_t task) {
    finiteness_run *run = context;
    if (!atomic_load_explicit(&run->is_finite, memory_order_relaxed)) return;
    if (!run->kernel(run->type, run->x, task * elements_per_task, task_end(run->count, task))) {
        atomic_store_explicit(&run->is_finite, false, memory_order_relaxed);
    }
}

bool daguerre_is_finite(daguerre_team *team, daguerre_type type, const void *x, size_t count) {
    finiteness_run run = {FOR_THIS_MACHINE(is_range_finite), type, x, count, true};
    daguerre_team_run(team, task_count(count), &run, finiteness_task);
    return run.is_finite;
}

#else

INLINE void NAME(activate_as)(
    daguerre_activation activation, daguerre_type type, const void *x, void *out, size_t first, size_t end) {
    FOR_LANES(i, lanes, first, end) {
        store_lanes(type, out, i, lanes, activate(activation, type, load_lanes(type, x, i, lanes)));
    }
}

INLINE void NAME(activate_of)(
    daguerre_type type, daguerre_activation activation, const void *x, void *out, size_t first, size_t end) {
    FOR_ACTIVATION(activation, NAME(activate_as), type, x, out, first, end)
}

static void NAME(activate_range)(
    daguerre_activation activation, daguerre_type type, const void *x, void *out, size_t first, size_t end) {
    FOR_TYPE(type, NAME(activate_of), activation, x, out, first, end)
}

INLINE void NAME(geglu_of)(
    daguerre_type type, const void *value, const void *gate, void *out, size_t first, size_t end) {
    FOR_LANES(i, lanes, first, end) {
        floats opening = activate(DAGUERRE_GELU, type, load_lanes(type, gate, i, lanes));
        store_lanes(type, out, i, lanes, load_lanes(type, value, i, lanes) * opening);
    }
}

static void NAME(geglu_range)(
    daguerre_type type, const void *value, const void *gate, void *out, size_t first, size_t end) {
    FOR_TYPE(type, NAME(geglu_of), value, gate, out, first, end)
}

INLINE void NAME(sum_of)(
    daguerre_type out_type, size_t terms, const void *const *tensors, const daguerre_type *types,
    const float *factors, void *out, size_t first, size_t end) {
    FOR_LANES(i, lanes, first, end) {
        floats sum = all(0);
        for (size_t j = 0; j < terms; j++) {
            sum = load_lanes(types[j], tensors[j], i, lanes) * factors[j] + sum;
        }
        store_lanes(out_type, out, i, lanes, sum);
    }
}

static void NAME(sum_range)(
    daguerre_type out_type, size_t terms, const void *const *tensors, const daguerre_type *types,
    const float *factors, void *out, size_t first, size_t end) {
    FOR_TYPE(out_type, NAME(sum_of), terms, tensors, types, factors, out, first, end)
}

INLINE void NAME(convert_as)(
    daguerre_type to, daguerre_type from, const void *x, void *out, size_t first, size_t end) {
    FOR_LANES(i, lanes, first, end) store_lanes(to, out, i, lanes, load_lanes(from, x, i, lanes));
}

INLINE void NAME(convert_from)(
    daguerre_type from, daguerre_type to, const void *x, void *out, size_t first, size_t end) {
    FOR_TYPE(to, NAME(convert_as), from, x, out, first, end)
}

static void NAME(convert_range)(
    daguerre_type from, daguerre_type to, const void *x, void *out, size_t first, size_t end) {
    FOR_TYPE(from, NAME(convert_from), to, x, out, first, end)
}

INLINE void NAME(accumulate_zeros)(daguerre_type type, const void *x, size_t first, size_t end, floats *sum) {
    FOR_LANES(i, lanes, first, end) *sum = load_lanes(type, x, i, lanes) * 0.0f + *sum;
}

// Zero times any number is zero, except for what is infinite or NaN.
static bool NAME(is_range_finite)(daguerre_type type, const void *x, size_t first, size_t end) {
    floats sum = all(0);
    FOR_TYPE(type, NAME(accumulate_zeros), x, first, end, &sum)
    float total = 0;
    for (int i = 0; i < WIDTH; i++) total += sum[i];
    return total == 0;
}

#endif
