/*
 * health: how we are: facts, and what /health and /ready say of them.
 * /metrics: metrics.h.
 *
 * Pure: whoever asks collects the facts first. Any thread.
 */
#ifndef BOT_HEALTH_H
#define BOT_HEALTH_H

#include <stddef.h>
#include <stdint.h>

#include "bot/alerts/alerts.h"
#include "bot/alerts/pager.h"
#include "bot/alerts/watch.h"
#include "bot/flow/lifeline.h"
#include "bot/flow/tally.h"
#include "bot/http/alerts.h"
#include "bot/http/slack.h"
#include "bot/sender/sender.h"
#include "core/base/buf.h"
#include "core/base/usage.h"
#include "core/check/board.h"
#include "core/ops/incident.h"
#include "core/ops/job.h"
#include "core/ops/retention.h"
#include "core/store/health.h"

#define HEALTH_THREADS  24
#define HEALTH_STUCK_MS 30000 /* a thread that has not turned for so long */
#define HEALTH_LATE_MS  60000 /* an outbox row that waits for so long */

struct health_thread {
    const char *name;  /* static: "socket", "worker 3" */
    int64_t turned_ms; /* since it last turned; -1: it does not run yet */
};

/* What it knows of the health checks. board NULL: there are none. */
struct health_checks {
    const struct config *config;
    struct check_board *board;
    int64_t threads, running, longest_ms; /* of the pool */
    int64_t waiting;                      /* rows for Postgres */
    uint64_t lost; /* results that newer ones pushed out meanwhile */
};

/* What it knows of alerts. on false: there is nowhere to post them. */
struct health_alerts {
    bool on;
    struct alerts_facts facts;
    struct watch_facts watch;
    struct pager_facts pages;
    struct http_alerts_facts http; /* those that came over HTTP */
};

/* Entries in our queues; -1: not known. */
struct health_queues {
    int64_t intake, quick, slow, urgent;
};

/* Text is static, or lives as long as the process. */
struct health_facts {
    const char *version, *replica;
    const char *restart_wanted; /* keys that wait for one; NULL: none */
    int64_t uptime_ms;
    int64_t started; /* wall ms */

    bool socket_off;          /* Slack comes by request URLs alone */
    bool socket_up;           /* hello seen */
    const char *socket_state; /* "up", "asking", … */
    int64_t socket_since;     /* wall ms of the last change; 0: not known */
    int64_t round_trip_us;    /* of a ping to Slack; -1: none yet */
    uint64_t envelopes, late, malformed, reconnects;
    unsigned in_flight; /* envelopes without their answer */

    struct server_facts http;
    struct slack_facts slack; /* its request URLs; zero: there are none */

    const struct store_health *redis, *postgres;
    int64_t redis_refuses;  /* to be written, though up; wall ms or 0 */
    const char *redis_risk; /* what may be lost there; NULL: nothing */
    struct sender_facts sender;
    struct sender_calls calls;
    const struct tally *tally; /* what was done so far; NULL: nothing */
    struct health_queues queues;
    struct job_counts entries;          /* that jobs moved */
    int64_t halts;                      /* scopes halted; -1: not known */
    int64_t incidents[INCIDENT_P3 + 1]; /* open; -1: not known */
    uint64_t taken_over, settled;       /* what crashes left: see keeper.h */
    uint64_t warnings, errors;          /* lines of the log */
    struct usage usage;                 /* of the process */
    struct lifeline_facts lifeline;
    int64_t outbox_waiting, outbox_oldest_ms; /* -1: not known */
    int64_t outbox_undeliverable;             /* -1: not known */
    int64_t inbox_depth;                      /* -1: not known */
    int64_t audit_waiting;                    /* in Redis; -1: not known */
    int64_t jobs_running;                     /* -1: not known */
    size_t halts_running;    /* whose targets have not all said so yet */
    size_t halts_unrecorded; /* that Postgres does not know of yet */

    const char *journal_why; /* why there is none; NULL: there is one */
    int64_t journal_waiting, journal_since; /* records; wall ms or 0 */
    int64_t journal_bytes;

    bool leads;          /* this replica does what one does for all */
    const char *lease;   /* "postgres", "redis", "other", "nobody" */
    int64_t leads_since; /* wall ms; 0: not known */
    struct retention retention;
    struct health_checks checks;
    struct health_alerts alerts;

    struct health_thread threads[HEALTH_THREADS];
    size_t thread_count;
};

/* Adds a thread; more than fit are left out. */
void health_thread(struct health_facts *facts, const char *name,
                   int64_t turned_ms);

/* Its section of /health. Heap. Theirs alone: health_alerts.c. */
char *health_alerts_part(const struct health_alerts *a);
bool health_alerts_well(const struct health_alerts *a);

/* Is all well enough to say that we live: Slack, Redis and Postgres are there,
 * and every thread turns. False: what is not. Any thread. */
MUST_CHECK bool health_well(const struct health_facts *facts, struct err *why);

/*
 * Each appends its body to out and returns the HTTP status. now: wall ms.
 *
 * health   200 while every thread turns, else 503. {"status":"ok"|"degraded",
 *          "socket":{"state" ("off": request URLs alone),"since"}, "redis"
 *          ("up", "down", "refuses writes"), "postgres", "outbox",
 *          "journal":{"state":"ok"|"waiting"|"unavailable","since","waiting"},
 *          "leader":{"held","since","lease"}, "retention":{"at",…},
 *          "checks":{"configured","failing":{"critical",…},"unknown",…},
 *          "heartbeat":{"state":"off"|"ok"|"held back"|"failing","since",
 *          "at"}, "alerts":{"state":"off"|"ok"|"held"|"unread","groups":
 *          {"critical",…},"unacked":{…},"waiting","held","overdue_ms",
 *          "unread_since","why","pages":{"waiting","oldest_ms"},"watch":
 *          {"dlq-age":1,…}}, …}.
 *          "redis_risk": what may be lost in Redis as it is set up;
 *          "restart_wanted":"redis.url, …": keys that the configuration file
 *          has otherwise than what runs, which a reload cannot take.
 *          Degraded is also: a record waits in the journal, or there is none;
 *          a post cannot be delivered; alerts are held, or cannot be read
 * ready    200 with hello (where there is a socket), Redis and Postgres; else
 *          503. {"ready":false,"missing":["slack","redis","postgres"]}
 */
int health_report(const struct health_facts *facts, int64_t now,
                  struct buf *out);
int health_ready(const struct health_facts *facts, struct buf *out);

#endif
