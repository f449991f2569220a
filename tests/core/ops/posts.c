/* posts: see posts.h. */
#include "tests/core/ops/posts.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

struct world w;
struct outbox_row *posts_claimed;
size_t posts_claimed_count;

void posts_start(void)
{
    world_start(&w, WITH_POSTGRES);
}

void posts_stop(void)
{
    outbox_rows_free(posts_claimed, posts_claimed_count);
    world_stop(&w);
}

void posts_put(struct outbox_new new)
{
    if (!new.body)
        new.body = "{\"text\":\"hi\"}";
    cr_assert(outbox_put(w.db, &new, &w.err), "%s", w.err.text);
}

void posts_add(const char *op, const char *channel)
{
    PUT(.op = op, .channel = channel, .lane = OUTBOX_CLICK);
}

const char *posts_claim_as(const char *replica, size_t max, int64_t lease_ms)
{
    static char text[300];
    struct outbox_row *found;
    size_t n;

    text[0] = '\0';
    cr_assert(outbox_claim(w.db, replica, max, lease_ms, &found, &n, &w.err),
              "%s", w.err.text);
    for (size_t i = 0; i < n; i++) {
        strcat(strcat(text, found[i].op), "/");
        strcat(strcat(text, found[i].channel), " ");
    }
    if (n == 0) {
        free(found);
        return text;
    }
    outbox_rows_free(posts_claimed, posts_claimed_count);
    posts_claimed = found;
    posts_claimed_count = n;
    return text;
}

const char *posts_claim(void)
{
    return posts_claim_as("r1", 10, 60000);
}

const struct outbox_row *posts_row(const char *op)
{
    for (size_t i = 0; i < posts_claimed_count; i++)
        if (strcmp(posts_claimed[i].op, op) == 0)
            return &posts_claimed[i];
    cr_assert_fail("%s was not claimed", op);
    return NULL;
}

void posts_sent(const char *op, const char *ts)
{
    cr_assert(outbox_sent(w.db, posts_row(op), ts, &w.err), "%s", w.err.text);
}

void posts_run(const char *statement)
{
    free(look_text(&w.s, statement));
}

struct outbox_state posts_state(void)
{
    struct outbox_state s;

    cr_assert(outbox_state(w.db, &s, &w.err), "%s", w.err.text);
    return s;
}
