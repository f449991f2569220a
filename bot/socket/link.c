#include "bot/socket/link.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define QUICK_MS    250
#define QUICK_EVERY 5000
#define FORGET_MS   60000
#define FIRST_MS    1000
#define LONGEST_MS  30000
#define CROWDED_MS  15000 /* too_many_websockets: 15 s, then 30 s */
#define REFUSED_MS  60000 /* auth errors, link_disabled: slowly, for ever */
#define REFUSED_MAX 300000

const char *link_name(enum link link)
{
    static const char *const names[] = { "down", "asking", "connecting", "up",
                                         "draining" };

    return names[link];
}

const char *link_end_name(enum link_end end)
{
    static const char *const names[] = {
        "lost",
        "failed",
        "rate limited",
        "too many websockets",
        "socket mode disabled",
        "token refused",
    };

    return names[end];
}

/* base, doubled with each failure after the first, at most longest. */
static int64_t doubled(int64_t base, unsigned failures, int64_t longest)
{
    while (failures-- > 1 && base < longest)
        base *= 2;
    return base < longest ? base : longest;
}

/* Anywhere in (0, most]. */
static int64_t jitter(int64_t most, uint32_t random)
{
    return 1 + (int64_t)(random % (uint32_t)most);
}

/* Half fixed, half random: a refusal must not be met with a near-zero wait. */
static int64_t at_least_half(int64_t most, uint32_t random)
{
    return most / 2 + jitter(most / 2, random);
}

static bool may_be_quick(struct link_policy *p, int64_t now)
{
    if (p->last_quick && now - p->last_quick < QUICK_EVERY)
        return false;
    p->last_quick = now;
    return true;
}

int64_t link_wait(struct link_policy *p, enum link_end end, int64_t was_up_ms,
                  int64_t retry_after_ms, int64_t now, uint32_t random)
{
    if (was_up_ms >= FORGET_MS)
        p->failures = 0;
    p->failures++;
    switch (end) {
    case LINK_LIMITED:
        return retry_after_ms + jitter(FIRST_MS, random);
    case LINK_TOO_MANY:
        return p->failures < 2 ? CROWDED_MS : LONGEST_MS;
    case LINK_DISABLED:
    case LINK_FATAL:
        return at_least_half(doubled(REFUSED_MS, p->failures, REFUSED_MAX),
                             random);
    case LINK_LOST:
        if (may_be_quick(p, now))
            return jitter(QUICK_MS, random);
        break;
    case LINK_FAILED:
        break;
    }
    return jitter(doubled(FIRST_MS, p->failures, LONGEST_MS), random);
}

/* slack-protocol §1.1: all else is retried for ever at the usual pace. */
enum link_end link_verdict(const char *error)
{
    static const char *const fatal[] = {
        "not_authed",    "invalid_auth",           "account_inactive",
        "token_revoked", "token_expired",          "user_removed_from_team",
        "team_disabled", "not_allowed_token_type", "missing_scope",
        "no_permission", "missing_args",           "forbidden_team",
        "access_denied", "org_login_required",     "is_bot",
    };

    if (strcmp(error, "ratelimited") == 0 || strcmp(error, "rate_limited") == 0)
        return LINK_LIMITED;
    if (strcmp(error, "socket_mode_disabled") == 0 ||
        strcmp(error, "link_disabled") == 0)
        return LINK_DISABLED;
    for (size_t i = 0; i < sizeof fatal / sizeof fatal[0]; i++) {
        if (strcmp(error, fatal[i]) == 0)
            return LINK_FATAL;
    }
    return LINK_FAILED;
}
