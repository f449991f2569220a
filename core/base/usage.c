#include "core/base/usage.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static double seconds(const struct timeval *t)
{
    return (double)t->tv_sec + (double)t->tv_usec / 1e6;
}

static double cpu(void)
{
    struct rusage r;

    if (getrusage(RUSAGE_SELF, &r) != 0)
        return -1;
    return seconds(&r.ru_utime) + seconds(&r.ru_stime);
}

/* What stands after the name, which may hold anything but a last ')'. */
static bool stat_fields(char text[1024], const char **after)
{
    FILE *f = fopen("/proc/self/stat", "re");
    size_t len = f ? fread(text, 1, 1023, f) : 0;

    if (f)
        (void)fclose(f);
    text[len] = '\0';
    *after = strrchr(text, ')');
    return *after != NULL;
}

/* Field n of proc(5), from what stands after the name: the third and on. */
static int64_t field(const char *after, int n)
{
    const char *at = after + 1;

    for (int i = 3; i < n && *at; i++) {
        at += strspn(at, " ");
        at += strcspn(at, " ");
    }
    return strtoll(at, NULL, 10);
}

static void from_stat(struct usage *out)
{
    char text[1024];
    const char *after;

    if (!stat_fields(text, &after))
        return;
    out->threads = field(after, 20);
    out->virtual_memory = field(after, 23);
    out->resident = field(after, 24) * sysconf(_SC_PAGESIZE);
}

/* The one that looks is not counted. */
static int64_t open_files(void)
{
    DIR *dir = opendir("/proc/self/fd");
    const struct dirent *entry;
    int64_t count = -1;

    if (!dir)
        return -1;
    while ((entry = readdir(dir)))
        count += entry->d_name[0] != '.';
    closedir(dir);
    return count;
}

void usage_read(struct usage *out)
{
    struct rlimit limit;

    *out = (struct usage){ .cpu_s = cpu(),
                           .resident = -1,
                           .virtual_memory = -1,
                           .fds = open_files(),
                           .max_fds = -1,
                           .threads = -1 };
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < INT64_MAX)
        out->max_fds = (int64_t)limit.rlim_cur;
    from_stat(out);
}
