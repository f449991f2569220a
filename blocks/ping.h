/*
 * ping: the cards of `ping` and `whoami`. Pure.
 */
#ifndef BLOCKS_PING_H
#define BLOCKS_PING_H

#include "blocks/card.h"

/* One thing we talk to. */
struct ping_peer {
    const char *name;   /* "Redis" */
    int64_t us;         /* the last round trip; -1: none measured yet */
    int64_t age_ms;     /* how old that is; -1: just measured */
    int64_t down_since; /* wall ms; 0: up */
    bool down;          /* with down_since 0: since when is not known */
};

struct ping {
    struct ping_peer redis, postgres, slack;
    const char *version, *replica;
    int64_t uptime_ms;
    int64_t connected_ms; /* since Slack's hello; -1: not connected */
    int64_t now;          /* wall ms */
};

void ping_card(struct card *card, const struct ping *ping);

/* Who somebody is to us. All borrowed; "" where Slack gave nothing. */
struct whoami {
    const char *user, *name, *team, *channel;
    const char *const *roles; /* their names */
    size_t role_count;
    bool admin;             /* holds every right */
    const char *const *may; /* commands that need a right they hold */
    size_t may_count;
    const char *const *may_not; /* and those whose right they lack */
    size_t may_not_count;
};

void whoami_card(struct card *card, const struct whoami *who);

#endif
