// The arithmetic peak of this machine: loops that do nothing else.
#ifndef KERNEL
#define KERNEL "peak.c"
#include <stdatomic.h>
#include <time.h>

#include "each_isa.h"

typedef struct {
    size_t (*work)(size_t rounds, float *result);  // returns the operations of all rounds
    double deadline;
    _Atomic size_t operations;
    volatile float sink;  // so that the results count as used
} peak_run;

static double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void work_until_deadline(void *context, size_t index) {
    (void)index;
    peak_run *run = context;
    const size_t rounds = 4096;  // tens of microseconds
    size_t operations = 0;
    float result = 0;
    while (seconds_now() < run->deadline) operations += run->work(rounds, &result);
    run->sink = result;
    atomic_fetch_add(&run->operations, operations);
}

double daguerre_peak_flops(daguerre_team *team, daguerre_type type, double seconds) {
    size_t (*work)(size_t, float *) = NULL;
    if (type == DAGUERRE_FLOAT32) work = FOR_THIS_MACHINE(multiply_adds);
    if (type == DAGUERRE_BFLOAT16) work = FOR_THIS_MACHINE(dot_products);
    if (work == NULL || work(0, NULL) == 0) return 0;
    const int runs = 20;  // short ones, so that one of them is undisturbed
    double best = 0;
    for (int i = 0; i < runs; i++) {
        // Each thread works until the same moment, so the time of all is that of the run.
        double start = seconds_now();
        peak_run run = {.work = work, .deadline = start + seconds / runs};
        daguerre_team_run(team, (size_t)daguerre_team_size(team), &run, work_until_deadline);
        double rate = (double)run.operations / (seconds_now() - start);
        if (rate > best) best = rate;
    }
    return best;
}

#else

// More independent sums than any machine has multiply-adds in flight. With no rounds and no result these tell whether
// the machine has the instruction.
#undef SUMS
#define SUMS (WIDTH == 16 ? 16 : 12)

static size_t NAME(multiply_adds)(size_t rounds, float *result) {
    if (result == NULL) return 1;
    floats sums[SUMS];
    floats factor = all(0.5f), term = all(*result + 1);
    for (int i = 0; i < SUMS; i++) sums[i] = all((float)i);
    for (size_t round = 0; round < rounds; round++) {
#pragma clang loop unroll(full)
        for (int i = 0; i < SUMS; i++) sums[i] = sums[i] * factor + term;
    }
    for (int i = 1; i < SUMS; i++) sums[0] = sums[0] + sums[i];
    *result = sums[0][0] * 0x1p-10f;
    return rounds * SUMS * WIDTH * 2;
}

static size_t NAME(dot_products)(size_t rounds, float *result) {
#if AVX512_BF16
    if (result == NULL) return 1;
    floats sums[SUMS];
    __m512bh x = _mm512_cvtne2ps_pbh(all(*result), all(1)), y = _mm512_cvtne2ps_pbh(all(0x1p-20f), all(0x1p-20f));
    for (int i = 0; i < SUMS; i++) sums[i] = all((float)i);
    for (size_t round = 0; round < rounds; round++) {
#pragma clang loop unroll(full)
        for (int i = 0; i < SUMS; i++) sums[i] = _mm512_dpbf16_ps(sums[i], x, y);
    }
    for (int i = 1; i < SUMS; i++) sums[0] = sums[0] + sums[i];
    *result = sums[0][0] * 0x1p-10f;
    return rounds * SUMS * WIDTH * 4;
#else
    (void)rounds, (void)result;
    return 0;
#endif
}

#endif
