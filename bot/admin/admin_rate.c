/* admin_rate: see admin_rate.h. */
#include "bot/admin/admin_rate.h"

#include <stdio.h>
#include <string.h>

static struct admin_bucket *bucket_of(struct admin_rates *r, const char *who,
                                      int64_t now)
{
    struct admin_bucket *oldest = &r->buckets[0];

    for (size_t i = 0; i < ADMIN_BUCKETS; i++) {
        struct admin_bucket *b = &r->buckets[i];

        if (strcmp(b->who, who) == 0)
            return b;
        if (b->at < oldest->at)
            oldest = b;
    }
    snprintf(oldest->who, sizeof oldest->who, "%s", who);
    oldest->left = 2.0 * r->rate;
    oldest->at = now;
    return oldest;
}

bool admin_rate_take(struct admin_rates *r, const char *who, int64_t now,
                     int *wait_s)
{
    struct admin_bucket *b = bucket_of(r, who, now);

    b->left += (double)(now - b->at) * r->rate / 1000;
    if (b->left > 2.0 * r->rate)
        b->left = 2.0 * r->rate;
    b->at = now;
    *wait_s = 1; /* a rate is at least one a second */
    if (b->left < 1)
        return false;
    b->left -= 1;
    return true;
}
