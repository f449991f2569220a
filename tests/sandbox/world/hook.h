/*
 * hook: response URLs.
 *
 * Each may be used 5 times within 30 minutes and needs no token. The last
 * HOOKS_KEPT are remembered. One thread.
 */
#ifndef SANDBOX_HOOK_H
#define SANDBOX_HOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/sandbox/world/act.h"

#define HOOKS_KEPT 8192

struct hook {
    unsigned number; /* 0: unused */
    char secret[25];
    const char *family; /* "commands", "actions", "app" */
    char interaction[ACT_ID];
    struct channel *channel;
    char *user;
    int64_t message_ts; /* what replace_original means; 0: nothing */
    unsigned uses;
    int64_t made_ms;
};

struct hooks {
    struct hook *ring;
    unsigned last;
};

void hooks_init(struct hooks *hooks);
void hooks_dispose(struct hooks *hooks);

/* A response URL for this act; m is the message clicked on, or NULL. New. */
char *hook_url(struct world *w, const char *family, const struct act *act,
               struct channel *ch, const struct message *m);

#endif
