// What a process gives up before it reads a file that is not trusted.
#include "CSandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

#define ALLOW(call) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_##call, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define REFUSE BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM)

#ifdef ARCHITECTURE
// Only what reads what is open, writes, takes memory and ends. By number: a call of another architecture, or one that
// does not exist yet, is refused too.
static struct sock_filter filter[] = {
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL),
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
    ALLOW(read), ALLOW(pread64), ALLOW(write), ALLOW(lseek), ALLOW(fstat), ALLOW(close),
    ALLOW(mmap), ALLOW(munmap), ALLOW(mremap), ALLOW(mprotect), ALLOW(madvise), ALLOW(brk),
    ALLOW(futex), ALLOW(sched_yield), ALLOW(sched_getaffinity), ALLOW(clock_gettime), ALLOW(getrandom),
    ALLOW(getpid), ALLOW(gettid), ALLOW(tgkill), ALLOW(rt_sigaction), ALLOW(rt_sigprocmask), ALLOW(rt_sigreturn),
    ALLOW(sigaltstack), ALLOW(restart_syscall), ALLOW(exit), ALLOW(exit_group),
    REFUSE,
};
#endif

static int limit(int resource, size_t value) {
    struct rlimit both = {value, value};
    return setrlimit(resource, &both);
}

const char *sandbox_enter(size_t address_space, size_t processor_seconds) {
    if (limit(RLIMIT_AS, address_space) || limit(RLIMIT_CPU, processor_seconds))
        return "memory and processor time cannot be limited";
    // No number is left for a new descriptor: whatever else fails, no file, pipe or socket can be opened.
    if (limit(RLIMIT_CORE, 0) || limit(RLIMIT_FSIZE, 0) || limit(RLIMIT_NOFILE, 0))
        return "files cannot be limited";
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) return "new privileges cannot be given up";
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
#ifdef ARCHITECTURE
    struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
    // A kernel without seccomp leaves the limits above.
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
#endif
    if (socket(AF_INET, SOCK_STREAM, 0) >= 0 || socket(AF_UNIX, SOCK_STREAM, 0) >= 0)
        return "the network cannot be given up";
    if (open("/", O_RDONLY) >= 0) return "files cannot be given up";
    return NULL;
}
