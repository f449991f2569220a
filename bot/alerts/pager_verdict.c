/* pager_verdict: see pager_verdict.h. */
#include "bot/alerts/pager_verdict.h"

#define FIRST_MS 1000
#define MOST_MS  60000
#define MOST_S   600 /* nobody is believed who wants us to wait longer */

/* Doubled with each try; a quarter of it is chance, so that those that failed
 * together do not come back together. */
static int64_t delay_of(int attempts, uint32_t random)
{
    int64_t ms = attempts > 6
                     ? MOST_MS
                     : (int64_t)FIRST_MS << (attempts ? attempts - 1 : 0);

    return ms - (int64_t)random % (ms / 4 + 1);
}

/* A token may be put right, a body not. */
static bool is_final(const struct pager_answer *a)
{
    if (a->mail) /* 530, 535: who we are is not believed */
        return a->status >= 500 && a->status != 530 && a->status != 535;
    switch (a->status) {
    case 401:
    case 403:
    case 407:
    case 408:
    case 409:
    case 425:
    case 429:
        return false;
    default:
        return a->status >= 300 && a->status < 500;
    }
}

static bool is_taken(const struct pager_answer *a)
{
    return a->whole && a->status >= 200 && a->status < 300;
}

void pager_judge(const struct pager_answer *a, int attempts, uint32_t random,
                 struct pager_verdict *out)
{
    int wait = a->retry_after < MOST_S ? a->retry_after : MOST_S;

    *out = (struct pager_verdict){ .end = PAGER_LATER };
    if (is_taken(a)) {
        out->end = PAGER_TAKEN;
    } else if (is_final(a)) {
        out->end = PAGER_NEVER;
    } else {
        out->unclear = a->left && (!a->whole || a->status >= 500) && !a->mail;
        out->delay_ms = delay_of(attempts, random);
        if (wait * 1000 > out->delay_ms)
            out->delay_ms = wait * 1000;
    }
}
