/*
 * confine_calls: seccomp. A list of what the bot and its libraries call, as
 * strace shows it over the whole of the integration tests, with what else
 * glibc uses for the same purpose on other machines and in later versions.
 */
#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bot/confine.h"

/* clang-format off */
static const int allowed[] = {
    /* threads, time, memory */
    SCMP_SYS(futex), SCMP_SYS(futex_waitv), SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq), SCMP_SYS(gettid), SCMP_SYS(getpid), SCMP_SYS(getppid),
    SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(sched_yield),
    SCMP_SYS(sched_getaffinity), SCMP_SYS(getcpu), SCMP_SYS(membarrier),
    SCMP_SYS(restart_syscall), SCMP_SYS(nanosleep), SCMP_SYS(clock_nanosleep),
    SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres), SCMP_SYS(gettimeofday),
    SCMP_SYS(time), SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap),
    SCMP_SYS(madvise), SCMP_SYS(mlock), SCMP_SYS(munlock),
    SCMP_SYS(getrandom), SCMP_SYS(sysinfo), SCMP_SYS(uname),
    SCMP_SYS(getrusage), SCMP_SYS(times), SCMP_SYS(getrlimit),
    /* signals */
    SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigtimedwait), SCMP_SYS(rt_sigpending), SCMP_SYS(sigaltstack),
    /* who we are */
    SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getegid),
    SCMP_SYS(getresuid), SCMP_SYS(getresgid), SCMP_SYS(getgroups),
    /* files: which ones is for landlock */
    SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(close), SCMP_SYS(close_range),
    SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(pread64), SCMP_SYS(preadv),
    SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(pwrite64), SCMP_SYS(pwritev),
    SCMP_SYS(lseek), SCMP_SYS(stat), SCMP_SYS(lstat), SCMP_SYS(fstat),
    SCMP_SYS(newfstatat), SCMP_SYS(statx), SCMP_SYS(statfs),
    SCMP_SYS(fstatfs), SCMP_SYS(access), SCMP_SYS(faccessat),
    SCMP_SYS(faccessat2), SCMP_SYS(readlink), SCMP_SYS(readlinkat),
    SCMP_SYS(getdents64), SCMP_SYS(getcwd), SCMP_SYS(mkdir), SCMP_SYS(mkdirat),
    SCMP_SYS(rmdir), SCMP_SYS(unlink), SCMP_SYS(unlinkat), SCMP_SYS(rename),
    SCMP_SYS(renameat), SCMP_SYS(renameat2), SCMP_SYS(ftruncate),
    SCMP_SYS(fsync), SCMP_SYS(fdatasync), SCMP_SYS(flock), SCMP_SYS(fcntl),
    SCMP_SYS(fadvise64), SCMP_SYS(umask), SCMP_SYS(chmod), SCMP_SYS(fchmod),
    SCMP_SYS(fchmodat), SCMP_SYS(dup), SCMP_SYS(dup2), SCMP_SYS(dup3),
    /* waiting for several, waking each other */
    SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(select), SCMP_SYS(pselect6),
    SCMP_SYS(epoll_create), SCMP_SYS(epoll_create1), SCMP_SYS(epoll_ctl),
    SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_pwait2),
    SCMP_SYS(eventfd2), SCMP_SYS(pipe), SCMP_SYS(pipe2),
    SCMP_SYS(timerfd_create), SCMP_SYS(timerfd_settime),
    /* the network */
    SCMP_SYS(socketpair), SCMP_SYS(bind), SCMP_SYS(listen), SCMP_SYS(connect),
    SCMP_SYS(accept), SCMP_SYS(accept4), SCMP_SYS(shutdown),
    SCMP_SYS(getsockname), SCMP_SYS(getpeername), SCMP_SYS(getsockopt),
    SCMP_SYS(setsockopt), SCMP_SYS(sendto), SCMP_SYS(sendmsg),
    SCMP_SYS(sendmmsg), SCMP_SYS(recvfrom), SCMP_SYS(recvmsg),
    SCMP_SYS(recvmmsg), SCMP_SYS(sendfile),
};

/* Nobody makes these by mistake: whoever does is not the bot. */
static const int deadly[] = {
    SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(fork), SCMP_SYS(vfork),
    SCMP_SYS(ptrace), SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev),
    SCMP_SYS(pidfd_getfd), SCMP_SYS(bpf), SCMP_SYS(perf_event_open),
    SCMP_SYS(userfaultfd), SCMP_SYS(init_module), SCMP_SYS(finit_module),
    SCMP_SYS(delete_module), SCMP_SYS(kexec_load), SCMP_SYS(kexec_file_load),
    SCMP_SYS(mount), SCMP_SYS(umount2), SCMP_SYS(pivot_root), SCMP_SYS(chroot),
    SCMP_SYS(setns), SCMP_SYS(unshare), SCMP_SYS(reboot), SCMP_SYS(swapon),
    SCMP_SYS(swapoff), SCMP_SYS(acct), SCMP_SYS(settimeofday),
    SCMP_SYS(clock_settime), SCMP_SYS(setuid), SCMP_SYS(setgid),
    SCMP_SYS(setreuid), SCMP_SYS(setregid), SCMP_SYS(setresuid),
    SCMP_SYS(setresgid),
};
/* clang-format on */

/* A call with one of its arguments in a certain way. */
struct when {
    int call;
    struct scmp_arg_cmp arg;
};

/* Argument number n is value; or its bits of mask are. */
#define IS(n, value)                                                           \
    {                                                                          \
        .arg = (n), .op = SCMP_CMP_EQ, .datum_a = (scmp_datum_t)(value)        \
    }
#define BITS(n, mask, value)                                                   \
    {                                                                          \
        .arg = (n), .op = SCMP_CMP_MASKED_EQ, .datum_a = (mask),               \
        .datum_b = (value)                                                     \
    }

#define FAMILY(f)                                                              \
    {                                                                          \
        SCMP_SYS(socket), IS(0, f)                                             \
    }
#define REQUEST(r)                                                             \
    {                                                                          \
        SCMP_SYS(ioctl), IS(1, r)                                              \
    }
#define PROTECTION(call, is)                                                   \
    {                                                                          \
        call, BITS(2, PROT_WRITE | PROT_EXEC, is)                              \
    }

static bool add_conditions(scmp_filter_ctx filter)
{
    const struct when when[] = {
        /* Netlink: the C library asks it for our own addresses. */
        FAMILY(AF_UNIX),
        FAMILY(AF_INET),
        FAMILY(AF_INET6),
        FAMILY(AF_NETLINK),
        REQUEST(FIONBIO),
        REQUEST(FIONREAD),
        REQUEST(TIOCGWINSZ),
        REQUEST(0x5401), /* TCGETS: is it a terminal? */
        /* Nothing is ever writable and executable: no code but that of files,
         * which name services are loaded from. */
        PROTECTION(SCMP_SYS(mmap), 0),
        PROTECTION(SCMP_SYS(mmap), PROT_WRITE),
        PROTECTION(SCMP_SYS(mmap), PROT_EXEC),
        PROTECTION(SCMP_SYS(mprotect), 0),
        PROTECTION(SCMP_SYS(mprotect), PROT_WRITE),
        /* A thread, never a process. */
        { SCMP_SYS(clone), BITS(0, CLONE_THREAD, CLONE_THREAD) },
        /* Names of threads; abort(); limits that are only looked at. */
        { SCMP_SYS(prctl), IS(0, PR_SET_NAME) },
        { SCMP_SYS(prctl), IS(0, PR_GET_DUMPABLE) },
        { SCMP_SYS(tgkill), IS(0, getpid()) },
        { SCMP_SYS(kill), IS(0, getpid()) },
        { SCMP_SYS(prlimit64), IS(2, 0) },
        /* A file gets another group (of the admin socket), never an owner. */
        { SCMP_SYS(chown), BITS(1, UINT32_MAX, UINT32_MAX) },
        { SCMP_SYS(fchownat), BITS(2, UINT32_MAX, UINT32_MAX) },
    };

    for (size_t i = 0; i < sizeof when / sizeof *when; i++)
        if (seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, when[i].call, 1,
                                   &when[i].arg) != 0)
            return false;
    return true;
}

static bool add_list(scmp_filter_ctx filter, uint32_t action, const int *calls,
                     size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (seccomp_rule_add(filter, action, calls[i], 0) != 0)
            return false;
    return true;
}

#define LIST(of) of, sizeof of / sizeof *of

bool confine_calls(struct err *err)
{
    /* "Not known" and not "forbidden": the C library then takes an older call
     * instead of a newer one that is not in the list (clone3, openat2). */
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
    int code = -EINVAL;

    if (!filter)
        return err_set(err, ERR_SYSTEM, "no filter could be made");
    /* What is refused goes to the system's audit log, where there is one. */
    (void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_LOG, 1);
    (void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
    (void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    if (add_list(filter, SCMP_ACT_ALLOW, LIST(allowed)) &&
        add_list(filter, SCMP_ACT_KILL_PROCESS, LIST(deadly)) &&
        add_conditions(filter))
        code = seccomp_load(filter);
    seccomp_release(filter);
    if (code == 0)
        return true;
    return err_set(err, ERR_SYSTEM,
                   "this kernel has not got it, or does not let us (%s)",
                   strerror(-code));
}
