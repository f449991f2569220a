/*
 * page: what leaves by another road than the outbox: a pager (webhook), an
 * incoming webhook of Slack, an e-mail. Durable before it is tried, tried
 * until it is taken or too late, once each.
 *
 *   page.c       rows: put, claimed, ended
 *   page_step.c  whom a step of an escalation policy tells
 *   page_text.c  what is said of a group outside Slack  (pure)
 *
 * No state of its own: it runs on the thread whose connection it is given.
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
 * webhooks to pages. Joins the open transaction. *whom: ids, and pagers'
 * names, as a plan has them ("U0ANN, C0LEADS, pager ops"); heap.
 *
 * It says what the step does in the thread of each of the group's cards
 * itself (REASON_ESCALATED, with the targets' mentions): its caller writes
 * the history, and no line. change: when, and who pressed it; "" for the
 * clock. */
struct alert_world;
MUST_CHECK bool page_step(const struct alert_world *w,
                          const struct alert_group *g,
                          const struct config_policy *policy, int step,
                          int round, const struct group_change *change,
                          char **whom, struct err *err);
/* A page of a step that is not taken within so long is given up. */
#define PAGE_GIVE_UP_MS (6 * 3600000LL)

/* ---- what it says ------------------------------------------------------------ */

/* "[CRITICAL] 5xx rate 7.2% (A-1042)"; of one that Postgres has not numbered
 * yet without that. Heap. */
char *page_subject(const struct alert_group *g);
/* Its words, state and labels as plain text, a line each. Heap. */
char *page_words(const struct alert_group *g);
/* The same in a message of Slack's: nothing of it can mention anybody. Heap. */
char *page_escaped(const char *text);
/* For a pager; event: "escalated", "unposted". step from 1 of `of`; 0: none.
 * JSON, heap. */
char *page_json(const struct alert_group *g, const char *event, const char *key,
                int step, int of);

/* ---- sending them ------------------------------------------------------------ */

/* One that was claimed. Texts heap. */
struct page_row {
    int64_t id, group;
    char *key, *target, *subject, *body;
    int attempts; /* this one included: the mark of the claim */
    bool unclear; /* it may have arrived: its end was not seen once */
    int64_t age_ms;
};
void page_row_dispose(struct page_row *row);

#define PAGE_EACH 2 /* pages of one target that one claim gives */

/* Claims up to max due rows for lease_ms; of one target at most PAGE_EACH at
 * once, whoever has them, so that a place that hangs keeps nobody else
 * waiting. rows has room for max. */
MUST_CHECK bool page_claim(struct db *db, const char *replica, size_t max,
                           int64_t lease_ms, struct page_row *rows,
                           size_t *count, struct err *err);
/* The end of a claim: nothing happens when another has claimed it since. */
MUST_CHECK bool page_sent(struct db *db, const struct page_row *row,
                          struct err *err);
/* Due again in delay_ms, or failed when that is too late. */
MUST_CHECK bool page_retry(struct db *db, const struct page_row *row,
                           const char *why, int64_t delay_ms, bool unclear,
                           struct err *err);
/* It will never be taken. */
MUST_CHECK bool page_failed(struct db *db, const struct page_row *row,
                            const char *why, struct err *err);
/* What a replica holds that is going is due at once. */
MUST_CHECK bool page_release(struct db *db, const char *replica,
                             struct err *err);

/* For health and metrics. */
struct page_state {
    int64_t waiting, oldest_ms; /* how long the oldest has been due */
    int64_t failed;             /* in the last day */
};
MUST_CHECK bool page_state(struct db *db, struct page_state *out,
                           struct err *err);

/* A place whose pages were given up in the last day, of alerts that are not
 * over; it has taken none since. Texts heap. */
struct page_lost {
    char *target, *why;          /* why: of the last one */
    int64_t count, group, since; /* group: of the last one, or 0 */
};
#define PAGES_LOST 20 /* at most; lost has room for so many */
MUST_CHECK bool pages_lost(struct db *db, struct page_lost lost[PAGES_LOST],
                           size_t *count, struct err *err);
void pages_lost_dispose(struct page_lost *lost, size_t count);

#endif
