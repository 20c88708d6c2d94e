// A team of threads that take task numbers from one counter.
#include "CKernels.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

typedef void (*parallel_region)(void (*body)(void *), void *data, unsigned thread_count, unsigned flags);

struct daguerre_team {
    int size;
    parallel_region gomp_parallel;  // NULL: the threads below

    // The run at hand; written only while every worker is idle.
    daguerre_task body;
    void *context;
    size_t count;
    _Atomic size_t next;
    _Atomic int arrived;  // threads of libgomp that have a number in this run

    // Own threads. A new generation is a new run, in which each thread takes part once.
    pthread_mutex_t mutex;
    pthread_cond_t started, finished;
    _Atomic unsigned generation;
    _Atomic int busy;
    _Atomic bool stopping;
    pthread_t threads[];  // size - 1: the caller is the team's first worker
};

typedef struct {
    daguerre_team *team;
    int number;
    _Atomic bool is_read;
} introduction;

static _Thread_local int worker = 0;
static _Thread_local bool is_in_task = false;

int daguerre_team_worker(void) { return worker; }

int daguerre_team_size(const daguerre_team *team) { return team->size; }

static void pause_briefly(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

// About 20 microseconds: longer than the gap between two kernels, shorter than a waste.
enum { spins = 1000 };

static void take_tasks(daguerre_team *team, int number) {
    int outer_worker = worker;
    worker = number;
    is_in_task = true;
    for (;;) {
        size_t index = atomic_fetch_add_explicit(&team->next, 1, memory_order_relaxed);
        if (index >= team->count) break;
        team->body(team->context, index);
    }
    is_in_task = false;
    worker = outer_worker;
}

static void *work(void *argument) {
    introduction *own = argument;
    daguerre_team *team = own->team;
    int number = own->number;
    atomic_store(&own->is_read, true);
    unsigned seen = 0;
    for (;;) {
        for (int i = 0; i < spins && atomic_load(&team->generation) == seen; i++) pause_briefly();
        if (atomic_load(&team->generation) == seen) {
            pthread_mutex_lock(&team->mutex);
            while (atomic_load(&team->generation) == seen) pthread_cond_wait(&team->started, &team->mutex);
            pthread_mutex_unlock(&team->mutex);
        }
        seen += 1;
        if (atomic_load(&team->stopping)) return NULL;
        take_tasks(team, number);
        if (atomic_fetch_sub(&team->busy, 1) == 1) {
            pthread_mutex_lock(&team->mutex);
            pthread_cond_signal(&team->finished);
            pthread_mutex_unlock(&team->mutex);
        }
    }
}

static void work_for_gomp(void *argument) {
    daguerre_team *team = argument;
    take_tasks(team, atomic_fetch_add(&team->arrived, 1));
}

// Starts the team's own threads; where the system refuses one, the team is as large as it got.
static void start_threads(daguerre_team *team, int wanted) {
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) != 0) return;
    pthread_attr_setstacksize(&attributes, (size_t)2 << 20);
    // Signals are the program's affair, not the workers'.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (team->size < wanted) {
        introduction own = {team, team->size, false};
        if (pthread_create(&team->threads[team->size - 1], &attributes, work, &own) != 0) break;
        while (!atomic_load(&own.is_read)) pause_briefly();
        team->size += 1;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
}

static void *pass_gate(void *argument) {
    pthread_mutex_t *gate = argument;
    pthread_mutex_lock(gate);
    pthread_mutex_unlock(gate);
    return NULL;
}

// How many threads, with this one, the system grants at once, up to `wanted`. libgomp ends the process where it is
// refused one, so it is not asked for more.
static int grantable_threads(int wanted) {
    pthread_t *threads = calloc((size_t)wanted, sizeof *threads);
    if (threads == NULL) return 1;
    pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&gate);
    int count = 1;
    while (count < wanted && pthread_create(&threads[count], NULL, pass_gate, &gate) == 0) count += 1;
    pthread_mutex_unlock(&gate);
    for (int i = 1; i < count; i++) pthread_join(threads[i], NULL);
    free(threads);
    const int spare = 8;  // for the rest of the process, whose threads come and go
    if (count == wanted) return wanted;
    return count > spare ? count - spare : 1;
}

static void wake(daguerre_team *team) {
    pthread_mutex_lock(&team->mutex);
    atomic_fetch_add(&team->generation, 1);
    pthread_cond_broadcast(&team->started);
    pthread_mutex_unlock(&team->mutex);
}

daguerre_team *daguerre_team_create(int thread_count, void *gomp_parallel) {
    int wanted = thread_count < 1 ? 1 : thread_count;
    daguerre_team *team = calloc(1, sizeof *team + (size_t)(wanted - 1) * sizeof team->threads[0]);
    if (team == NULL) return NULL;
    pthread_mutex_init(&team->mutex, NULL);
    pthread_cond_init(&team->started, NULL);
    pthread_cond_init(&team->finished, NULL);
    team->size = 1;
    if (gomp_parallel != NULL) {
        team->gomp_parallel = (parallel_region)gomp_parallel;
        team->size = grantable_threads(wanted);
    } else {
        start_threads(team, wanted);
    }
    return team;
}

void daguerre_team_destroy(daguerre_team *team) {
    if (team == NULL) return;
    if (team->gomp_parallel == NULL) {
        atomic_store(&team->stopping, true);
        wake(team);
        for (int i = 0; i < team->size - 1; i++) pthread_join(team->threads[i], NULL);
    }
    pthread_cond_destroy(&team->finished);
    pthread_cond_destroy(&team->started);
    pthread_mutex_destroy(&team->mutex);
    free(team);
}

void daguerre_team_run(daguerre_team *team, size_t count, void *context, daguerre_task body) {
    // A run from within a task, and one too small to share, stay on this thread.
    if (is_in_task || team->size == 1 || count <= 1) {
        bool was_in_task = is_in_task;
        is_in_task = true;
        for (size_t i = 0; i < count; i++) body(context, i);
        is_in_task = was_in_task;
        return;
    }
    team->body = body;
    team->context = context;
    team->count = count;
    atomic_store(&team->next, 0);
    if (team->gomp_parallel != NULL) {
        atomic_store(&team->arrived, 0);
        team->gomp_parallel(work_for_gomp, team, (unsigned)team->size, 0);
        return;
    }
    atomic_store(&team->busy, team->size - 1);
    wake(team);
    take_tasks(team, 0);
    for (int i = 0; i < spins && atomic_load(&team->busy) != 0; i++) pause_briefly();
    if (atomic_load(&team->busy) == 0) return;
    pthread_mutex_lock(&team->mutex);
    while (atomic_load(&team->busy) != 0) pthread_cond_wait(&team->finished, &team->mutex);
    pthread_mutex_unlock(&team->mutex);
}
