/*
 * page: what leaves by another road than the outbox: a pager (webhook), an
 * incoming webhook of Slack, an e-mail. Durable before it is tried, tried
 * until it is taken or too late, once each.
 */
#ifndef CORE_ALERT_PAGE_H
#define CORE_ALERT_PAGE_H

#include "core/alert/group.h"

struct page_new {
    const char *key;     /* a second one of the same key is none */
    const char *target;  /* "webhook:<hook>", "slack:<severity>", "mail" */
    int64_t group;       /* 0: none (a digest) */
    const char *subject; /* of a mail */
    const char *body;    /* JSON of a webhook; text of a mail */
    int64_t give_up_ms;  /* after so long it is too late */
};
/* Joins the open transaction. */
MUST_CHECK bool page_put(struct db *db, const struct page_new *page,
                         struct err *err);

/* The targets of one step of a policy: mentions and lines go to the outbox,
 * webhooks to pages. Joins the open transaction. *whom: for people, heap. */
struct alert_world;
MUST_CHECK bool page_step(const struct alert_world *w,
                          const struct alert_group *g,
                          const struct config_policy *policy, int step,
                          int round, int64_t now, char **whom, struct err *err);

#endif
