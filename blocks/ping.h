/*
 * ping: the cards of `ping`, `version` and `whoami`. Pure.
 */
#ifndef BLOCKS_PING_H
#define BLOCKS_PING_H

#include "blocks/refusal.h"

/* One thing we talk to. */
struct ping_peer {
    const char *name;   /* "Redis" */
    int64_t us;         /* the last round trip; -1: none measured yet */
    int64_t age_ms;     /* how old that is; -1: just measured */
    int64_t down_since; /* wall ms; 0: up */
    bool down;          /* with down_since 0: since when is not known */
    bool by_url;        /* it comes to us: there is no round trip */
};

struct ping {
    struct ping_peer redis, postgres, slack;
    const char *version, *replica;
    int64_t uptime_ms;
    int64_t connected_ms; /* since Slack's hello; -1: not connected */
    int64_t now;          /* wall ms */
};

/* version, replica and uptime_ms alone. */
void version_card(struct card *card, const struct ping *ping);

void ping_card(struct card *card, const struct ping *ping);

/* A role that somebody is in. */
struct whoami_role {
    const struct config_role *role;
    bool here;  /* its rights hold in this channel */
    bool stale; /* by a group known over 24 h ago: good for halt alone */
};

/* A user group that somebody is in. */
struct whoami_group {
    struct group_name name;
    int64_t since; /* wall ms: when Slack said so */
    bool stale;    /* over 24 h ago */
};

/* Who somebody is to us. All borrowed; "" where Slack gave nothing. */
struct whoami {
    const char *user, *name, *team, *channel;
    const struct whoami_role *roles;
    size_t role_count;
    const struct whoami_group *groups;
    size_t group_count;
    bool admin;             /* holds every right */
    const char *const *may; /* commands that need a right they hold here */
    size_t may_count;
    const char *const *may_not; /* and those whose right they lack here */
    size_t may_not_count;
    int64_t now; /* wall ms */
};

void whoami_card(struct card *card, const struct whoami *who);

#endif
