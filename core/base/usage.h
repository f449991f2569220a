/*
 * usage: what this process takes of the machine, as the kernel counts it. No
 * state, any thread; some microseconds.
 */
#ifndef CORE_BASE_USAGE_H
#define CORE_BASE_USAGE_H

#include <stdint.h>

/* -1 where the kernel does not say (it may be told to hide /proc). */
struct usage {
    double cpu_s;                     /* user and system, of all threads */
    int64_t resident, virtual_memory; /* bytes */
    int64_t fds, max_fds;             /* open files, and how many may be */
    int64_t threads;
};

void usage_read(struct usage *out);

#endif
