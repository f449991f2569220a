/* limit: token buckets; see limit.h. */
#include "tests/sandbox/world/limit.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

struct bucket {
    char *name;
    double level;
    int64_t at_ms;
    struct bucket *next;
};

void limits_init(struct limits *limits)
{
    *limits =
        (struct limits){ .on = true, .post_per_channel = 1, .post_burst = 5 };
}

void limits_dispose(struct limits *limits)
{
    while (limits->first) {
        struct bucket *bucket = limits->first;

        limits->first = bucket->next;
        free(bucket->name);
        free(bucket);
    }
}

static struct bucket *bucket_get(struct limits *limits, const char *family,
                                 const char *name, double burst, int64_t now)
{
    size_t len = strlen(family);
    struct bucket *b;

    for (b = limits->first; b; b = b->next)
        if (strncmp(b->name, family, len) == 0 &&
            strcmp(b->name + len, name) == 0)
            return b;
    b = xcalloc(1, sizeof(*b));
    b->name = xasprintf("%s%s", family, name);
    b->level = burst;
    b->at_ms = now;
    b->next = limits->first;
    limits->first = b;
    return b;
}

int limit_take(struct limits *limits, int64_t now_ms, const char *family,
               const char *name, double per_second, double burst)
{
    struct bucket *b;

    if (!limits->on || per_second <= 0)
        return 0;
    b = bucket_get(limits, family, name, burst, now_ms);
    if (now_ms > b->at_ms)
        b->level += (double)(now_ms - b->at_ms) * per_second / 1000;
    b->at_ms = now_ms;
    if (b->level > burst)
        b->level = burst;
    if (b->level < 1)
        return 1 + (int)((1 - b->level) / per_second);
    b->level -= 1;
    return 0;
}

int limit_post(struct limits *limits, int64_t now_ms, const char *channel)
{
    return limit_take(limits, now_ms, "post ", channel,
                      limits->post_per_channel, limits->post_burst);
}

void limit_change(struct limits *limits, const json_t *how)
{
    const json_t *on = json_object_get(how, "on");
    const json_t *rate = json_object_get(how, "post_per_channel");
    const json_t *burst = json_object_get(how, "burst");

    if (json_is_boolean(on))
        limits->on = json_is_true(on);
    if (json_is_number(rate))
        limits->post_per_channel = json_number_value(rate);
    if (json_is_number(burst))
        limits->post_burst = json_number_value(burst);
}
