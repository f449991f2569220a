/*
 * roster_parts: what the files of roster share. Nobody else includes this.
 *
 *     roster.c        what is known, and looking it up
 *     roster_keep.c   to and from Postgres and the file
 */
#ifndef CORE_ROSTER_PARTS_H
#define CORE_ROSTER_PARTS_H

#include <pthread.h>

#include "core/roster.h"

/* One group; owns its text. */
struct group {
    char *id;
    char *handle; /* NULL: not known */
    char **users;
    size_t count;
    int64_t fetched_at; /* 0: only its handle is known */
    bool unknown;       /* Slack says that there is none */
};

/* Everything under lock. */
struct roster {
    pthread_mutex_t lock;
    struct group *groups;
    size_t count;
    int64_t failing_since;
};

/* A copy of the groups whose members are known, to be written without the
 * lock. */
struct group *roster_copy(struct roster *r, size_t *count);
void roster_copy_free(struct group *groups, size_t count);

#endif
