/*
 * look: the parts of `opsbot check`, each a straight line of its own that
 * looks at one thing and writes down what it finds. Internal to bot/check.
 *
 * Every part runs on a thread of its own, beside the others, and is over at
 * its deadline. None changes anything, anywhere: no migration, no join, no
 * write, no POST to a hook.
 */
#ifndef BOT_CHECK_LOOK_H
#define BOT_CHECK_LOOK_H

#include <stdint.h>

#include "bot/check/report.h"
#include "core/config.h"

struct look {
    const struct config *cfg;           /* borrowed */
    const char *path;                   /* of the configuration file, or NULL */
    const struct config_target *target; /* for look_hook() */
    int64_t until;                      /* mono ms: all is over by then */
    struct report report;
};

typedef void look_part(struct look *l);

look_part look_config;   /* what is configured, and what of it makes no sense */
look_part look_files;    /* state directory, certificates, keys */
look_part look_socket;   /* the app token, a WebSocket to hello and back; or the
                          * signing secret */
look_part look_slack;    /* the bot token, scopes, clock, channels, groups */
look_part look_redis;    /* Redis, and the streams in it */
look_part look_postgres; /* Postgres: version, rights, migrations */
look_part look_hook;     /* one target of halts */
look_part look_listen;   /* the addresses that opsbot serves on */

/* What of most_ms is left before the deadline; at least 1. */
int look_left_ms(const struct look *l, int most_ms);

/* Formats an id: "slack.channel." and what it is about. Into out, returned. */
#define LOOK_ID 128
const char *look_id(char out[LOOK_ID], const char *prefix, const char *name);

#endif
