/*
 * scheduler: what one replica does for all, and leadership. One thread.
 *
 *   3 s   takes or renews the lease "leader" (1 s while another has it): a row
 *         in Postgres; while that is away a key in Redis; while both are,
 *         nobody's
 *   20 s  asks whether retention is due (the leader; see retention.h), and
 *         does it piece by piece; others read what came of it
 *   10 m  asks Slack who is in the user groups that roles name (each replica)
 *   10 s  puts whoever is on call into the user groups of rotations (the
 *         leader; see standby.h)
 *
 * Leadership only saves work: whatever must happen once is claimed by
 * timer_claim() in the transaction of its effect.
 */
#ifndef BOT_SCHEDULER_H
#define BOT_SCHEDULER_H

#include "bot/sender/sender.h"
#include "core/config_now.h"
#include "core/ops/retention.h"
#include "core/roster.h"

struct scheduler;

struct scheduler_needs {
    const struct config_holder *config;
    const char *replica;
    struct store_health *redis, *postgres;
    struct sender *sender;
    struct roster *roster; /* gets what is known from before at the start */
};

struct scheduler *scheduler_start(const struct scheduler_needs *needs,
                                  struct err *err);

/* Whether this replica does what one does for all. True for every replica
 * while both stores are away: two cards beat none. Any thread. */
/* User groups are asked for at once: roles may name others. Any thread. */
void scheduler_ask_groups(struct scheduler *s);

bool scheduler_leads(const struct scheduler *s);

struct scheduler_facts {
    int64_t turned_ms;
    const char *lease; /* "postgres", "redis", "other", "nobody" */
    bool leads;
    int64_t since; /* wall ms of the last change of leads */
    struct retention retention;
};
void scheduler_facts(struct scheduler *s, struct scheduler_facts *out);

/* Begins nothing any more; waits for nothing: a statement of retention may
 * last. NULL is fine. */
void scheduler_end(struct scheduler *s);
/* Joins, frees. Drops the lease, so that another leads at once. NULL is
 * fine. */
void scheduler_stop(struct scheduler *s);

#endif
