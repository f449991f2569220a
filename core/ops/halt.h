/*
 * halt: stopping a scope, and starting it again (design §5).
 *
 * In Redis: <prefix>halt:<scope> (JSON reason, by, at, generation) exists only
 * while halted; <prefix>halt:generation counts, never reset; the stream
 * ops.control tells consumers (action, scope, generation, reason, by, at, op).
 * <prefix>halts, a hash of ours, keeps of each scope its last action, for
 * listing and so that what comes late does not undo what came after it.
 */
#ifndef CORE_OPS_HALT_H
#define CORE_OPS_HALT_H

#include <stddef.h>
#include <stdint.h>

#include "core/config.h"
#include "core/ops/act.h"
#include "core/store/db.h"
#include "core/store/redis.h"

#define HALT_ALL     "all"
#define HALT_SCOPE   64  /* bytes of a scope's name, NUL included */
#define HALT_REASON  500 /* characters at most */
#define HALT_CONTROL "ops.control"
/* Its oldest entries go when there are (about) more: a consumer that was away
 * for so long looks at the keys. */
#define HALT_CONTROL_KEPT "100000"

enum halt_action { HALT_STOP, HALT_START };
/* "halt" and "unhalt", as consumers and rows know them. */
const char *halt_action_name(enum halt_action action);

/* How a scope stands in Redis. Text heap, never NULL but for scope; what is
 * there but cannot be read (another tool's) counts as halted, its text as the
 * reason. */
struct halt {
    char *scope, *reason;
    char *by, *by_name;
    char *op;
    int64_t at;         /* wall ms */
    int64_t generation; /* 0: not known (Redis was away) */
};
void halt_dispose(struct halt *h);

/* True for a name that may be halted: lower case letters, digits, - _ . (but
 * not "generation", whose key is the counter's) and known (all, halt.scopes,
 * a target's scope); where none are configured, any such name. ERR_USER names
 * the known ones and the nearest. */
MUST_CHECK bool halt_scope_check(const struct config *cfg, const char *scope,
                                 struct err *err);

struct halt_want {
    const struct act *act; /* act->op makes it one effect */
    enum halt_action action;
    const char *scope;
    const char *reason;
    int64_t at;         /* wall ms: when it was asked */
    int64_t generation; /* HALT_START: of the halt that was shown; 0: any that
                         * began before `at` */
    bool force;         /* HALT_START: with --force. For the audit alone */
};

enum halt_result {
    HALT_DONE,       /* by this operation, now or before */
    HALT_ALREADY,    /* stop: it was halted; now says by whom. start: it was
                      * not halted */
    HALT_SUPERSEDED, /* stop: not halted, and somebody acted on the scope after
                      * `at`. start: halted after `at`, or with another
                      * generation than the one shown */
};

struct halt_done {
    enum halt_result result;
    int64_t generation; /* of this action; of the standing halt otherwise */
    struct halt now;    /* how it stands. scope NULL: not halted; the rest then
                         * says who acted on it last (by "": nobody known) */
};
void halt_done_dispose(struct halt_done *d);

/* The effect in Redis: one script, which gives the same operation the same
 * result for 7 days. ERR_REDIS when it is away: the write may still land,
 * once; running it again is safe. ERR_USER when a key of ours holds something
 * else: nothing was written, and trying again changes nothing. */
MUST_CHECK bool halt_apply(struct redis *r, const struct config *cfg,
                           const struct halt_want *want, struct halt_done *out,
                           struct err *err);

/* All that is halted now, by whatever tool: one read of a quick command, its
 * first, and what it gave. */
struct halt_list {
    struct halt *halts; /* "all" first, then by scope */
    size_t count;
    bool unknown; /* Redis did not say: not the same as none */
};
void halt_list_ask(struct reads *reads, const struct config *cfg);
void halt_list_read(const struct reads *reads, struct halt_list *out);
void halt_list_dispose(struct halt_list *list);

/* ---- targets: told, and asked whether they have stopped --------------------- */

enum halt_progress {
    TARGET_WAITING, /* not told yet, or told and not asked yet */
    TARGET_ASKED,   /* told; says that it still runs (or starts) */
    TARGET_STOPPED, /* has confirmed; of a target without health_url: took
                      * the hook */
    TARGET_FAILED,  /* no confirmation in time, or the hook was refused */
};

struct halt_target {
    char *name;
    enum halt_progress progress;
    char *detail;    /* what it said last, or why not; "" */
    int64_t took_ms; /* from the halt to its confirmation; -1 */
};

/* One halt or unhalt while its targets are told and verified, and after.
 * Owns its text. */
struct halt_run {
    char *op, *scope, *reason;
    enum halt_action action;
    int64_t generation, at;
    char *by, *by_name, *channel, *response_url;
    struct halt_target *targets; /* those of the scope, in config order */
    size_t count;
    bool finished;   /* every target is stopped or failed */
    int64_t took_ms; /* to the last confirmation; -1 */
    bool force;      /* of the want; not in Postgres, whose audit says it */
};
/* All targets of the scope, waiting. Heap. */
struct halt_run *halt_run_new(const struct config *cfg,
                              const struct halt_want *want, int64_t generation,
                              const char *response_url);
/* Takes those targets out of a start that another halt keeps stopped; all of
 * them when it is not known what is halted (P6). */
void halt_run_keep(struct halt_run *run, const struct config *cfg,
                   const struct halt_list *halted);
void halt_run_free(struct halt_run *run); /* NULL is fine */
size_t halt_run_stopped(const struct halt_run *run);

/* ---- in Postgres (opsbot.halts) --------------------------------------------- */

/* Inserts it (joins the open transaction), or brings the row up to date: one
 * that is finished, or leased by another replica, is left alone. act is what
 * the row keeps; NULL for a run that was loaded. replica takes the lease (10
 * s); NULL: anybody may claim it. */
MUST_CHECK bool halt_run_save(struct db *db, const struct act *act,
                              const struct halt_run *run, const char *replica,
                              struct err *err);
/* *run NULL: there is none. */
MUST_CHECK bool halt_run_load(struct db *db, const char *op,
                              struct halt_run **run, struct err *err);
/* A running one that nobody has: takes its lease (10 s). *run NULL: none. One
 * that a later action on its scope has overtaken comes as finished, its open
 * targets failed: save it, tell nobody. */
MUST_CHECK bool halt_run_claim(struct db *db, const char *replica,
                               struct halt_run **run, struct err *err);
MUST_CHECK bool halt_run_renew(struct db *db, const char *replica,
                               struct err *err);
/* What is running in the hands of a replica, this one or one that is dead, is
 * anybody's. */
MUST_CHECK bool halt_run_release(struct db *db, const char *replica,
                                 struct err *err);
/* The newest `limit` of a scope (NULL: of all). Array heap, of heap runs. */
MUST_CHECK bool halt_history(struct db *db, const char *scope, size_t limit,
                             struct halt_run ***runs, size_t *count,
                             struct err *err);
void halt_history_free(struct halt_run **runs, size_t count);

#endif
