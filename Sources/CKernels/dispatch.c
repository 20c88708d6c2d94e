// Which instruction sets this machine has, asked once.
#include "CKernels.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[] = {"portable", "avx2", "avx512", "avx512bf16"};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static daguerre_isa machine = DAGUERRE_PORTABLE;
static daguerre_isa current = DAGUERRE_PORTABLE;

#if defined(__x86_64__)
#include <cpuid.h>

// The register states that the operating system saves: without them the instructions trap even if the CPU has them.
static unsigned saved_states(void) {
    unsigned low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}

static bool has(unsigned bits, unsigned wanted) { return (bits & wanted) == wanted; }

static daguerre_isa detect(void) {
    unsigned eax, ebx, ecx, edx;
    if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx)) return DAGUERRE_PORTABLE;
    if (!has(ecx, bit_OSXSAVE | bit_AVX | bit_FMA | bit_F16C)) return DAGUERRE_PORTABLE;
    const unsigned ymm_states = 0x06, zmm_states = 0xe6;
    unsigned saved = saved_states();
    if (!has(saved, ymm_states)) return DAGUERRE_PORTABLE;
    if (!__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx)) return DAGUERRE_PORTABLE;
    unsigned highest_subleaf = eax;
    if (!has(ebx, bit_AVX2 | bit_BMI | bit_BMI2)) return DAGUERRE_PORTABLE;
    if (!has(saved, zmm_states)) return DAGUERRE_AVX2;
    if (!has(ebx, bit_AVX512F | bit_AVX512BW | bit_AVX512DQ | bit_AVX512VL)) return DAGUERRE_AVX2;
    const unsigned avx512_bf16 = 1u << 5;
    if (highest_subleaf < 1 || !__get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx)) return DAGUERRE_AVX512;
    return has(eax, avx512_bf16) ? DAGUERRE_AVX512_BF16 : DAGUERRE_AVX512;
}
#else
static daguerre_isa detect(void) { return DAGUERRE_PORTABLE; }
#endif

static void ask(void) {
    machine = current = detect();
    const char *wanted = getenv("DAGUERRE_ISA");
    if (wanted == NULL) return;
    for (int isa = DAGUERRE_PORTABLE; isa <= (int)machine; isa++) {
        if (strcmp(wanted, names[isa]) == 0) current = (daguerre_isa)isa;
    }
}

daguerre_isa daguerre_isa_machine(void) {
    pthread_once(&once, ask);
    return machine;
}

daguerre_isa daguerre_isa_current(void) {
    pthread_once(&once, ask);
    return current;
}

const char *daguerre_isa_name(daguerre_isa isa) {
    return isa <= DAGUERRE_AVX512_BF16 ? names[isa] : "unknown";
}
