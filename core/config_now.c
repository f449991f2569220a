#include "core/config_now.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

void config_publish(struct config_holder *h, struct config *next)
{
    h->kept = xrealloc(h->kept, (h->count + 1) * sizeof *h->kept);
    h->kept[h->count++] = next;
    h->bytes += next->bytes;
    atomic_store(&h->now, next);
}

void config_holder_init(struct config_holder *h, struct config *first)
{
    *h = (struct config_holder){ .kept = NULL };
    config_publish(h, first);
}

void config_holder_dispose(struct config_holder *h)
{
    for (size_t i = 0; i < h->count; i++)
        config_free(h->kept[i]);
    free(h->kept);
    *h = (struct config_holder){ .kept = NULL };
}

const struct config *config_now(const struct config_holder *h)
{
    return atomic_load(&h->now);
}

static bool room(const struct config_holder *h, const struct config *next,
                 struct err *err)
{
    if (h->count < CONFIG_KEPT && h->bytes + next->bytes <= CONFIG_KEPT_BYTES)
        return true;
    return err_set(err, ERR_BUSY,
                   "%zu configurations have been in use since the start, and "
                   "no more are kept: restart opsbot to take this one",
                   h->count);
}

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

enum config_reload config_reload(const struct config_holder *h,
                                 const char *path, struct config **next,
                                 struct config_diff *diff, struct err *err)
{
    const struct config *now = config_now(h);
    bool same;

    *next = config_load_again(path, now, diff, err);
    if (!*next)
        return CONFIG_BAD;
    same = diff->count == 0 &&
           same_text(now->restart_wanted, (*next)->restart_wanted);
    if (!same && room(h, *next, err))
        return CONFIG_NEXT;
    config_free(*next);
    *next = NULL;
    return same ? CONFIG_SAME : CONFIG_BAD;
}
