/* usage: what the kernel says of this very process. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/base/usage.h"

Test(usage, all_of_it_is_known)
{
    struct usage u;

    usage_read(&u);
    cr_expect_geq(u.cpu_s, 0);
    cr_expect_gt(u.resident, 1 << 16);
    cr_expect_gt(u.virtual_memory, u.resident);
    cr_expect_geq(u.threads, 1);
    cr_expect_geq(u.fds, 3);
    cr_expect_geq(u.max_fds, u.fds);
}

Test(usage, files_are_counted_and_the_looking_is_not)
{
    struct usage before, with, after;
    int fd;

    usage_read(&before);
    fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    usage_read(&with);
    close(fd);
    usage_read(&after);
    cr_expect_eq(with.fds, before.fds + 1);
    cr_expect_eq(after.fds, before.fds);
}

static void *wait_for_it(void *lock)
{
    pthread_mutex_lock(lock);
    pthread_mutex_unlock(lock);
    return NULL;
}

Test(usage, threads_and_memory_grow)
{
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    const size_t size = 64 << 20;
    struct usage before, after;
    pthread_t thread;
    void *block;

    usage_read(&before);
    pthread_mutex_lock(&lock);
    cr_assert_eq(pthread_create(&thread, NULL, wait_for_it, &lock), 0);
    block = mmap(NULL, size, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    cr_assert_neq(block, MAP_FAILED);
    usage_read(&after);
    cr_expect_eq(after.threads, before.threads + 1);
    cr_expect_geq(after.resident, before.resident + (int64_t)size);
    cr_expect_geq(after.virtual_memory, before.virtual_memory + (int64_t)size);
    munmap(block, size);
    pthread_mutex_unlock(&lock);
    pthread_join(thread, NULL);
}

Test(usage, the_limit_of_files_is_ours)
{
    struct rlimit limit;
    struct usage u;

    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = 200;
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    usage_read(&u);
    cr_expect_eq(u.max_fds, 200);
}
