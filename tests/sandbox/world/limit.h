/*
 * limit: rate limits, as token buckets by name.
 *
 * One thread. Off and on by the control API.
 */
#ifndef SANDBOX_LIMIT_H
#define SANDBOX_LIMIT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct bucket;

struct limits {
    bool on;
    double post_per_channel; /* a second */
    double post_burst;
    struct bucket *first;
};

void limits_init(struct limits *limits);
void limits_dispose(struct limits *limits);

/*
 * Takes one from the bucket `family` `name`, which holds burst and gains
 * per_second. 0: taken. Else the whole seconds to wait.
 */
int limit_take(struct limits *limits, int64_t now_ms, const char *family,
               const char *name, double per_second, double burst);

/* One post into a channel. */
int limit_post(struct limits *limits, int64_t now_ms, const char *channel);

/* The control verb: {"on"?, "post_per_channel"?, "burst"?}. */
void limit_change(struct limits *limits, const json_t *how);

#endif
