/*
 * mute_parts: what the files of mute.h share. Nobody else includes this.
 *
 * Order of locks: a batch of events has its groups, then MUTE_SILENCES shared,
 * then MUTE_RULES. Who makes a silence holds MUTE_SILENCES alone for as long as
 * it takes to commit it, and no group: from then on every batch knows of it,
 * and every batch that did not is in. A page locks its groups by key, and no
 * more.
 */
#ifndef CORE_ALERT_MUTE_PARTS_H
#define CORE_ALERT_MUTE_PARTS_H

#include "core/alert/group_parts.h"
#include "core/alert/mute.h"
#include "core/alert/route_parts.h"

#define MUTE_PAGE 1000 /* alerts of one transaction */

int64_t mute_now(const struct alert_world *w);

/* ---- silences ---------------------------------------------------------------- */

/* One that holds, ready to be asked. */
struct muting {
    int64_t id, until;
    struct matchers match;
    bool never; /* cannot be read: it mutes nothing */
    char *why;  /* "S-12 by ann: reason" */
};
struct mutings {
    struct muting *items; /* the last to end first */
    size_t count;
};
MUST_CHECK bool mutings_load(const struct alert_world *w, struct mutings *out,
                             struct err *err);
void mutings_dispose(struct mutings *m);
/* The one that mutes these labels for the longest; NULL: none does. */
const struct muting *mutings_find(const struct mutings *m,
                                  const struct labels *l);

/* What silence_from() reads: as many as SILENCE_COLUMNS_N. */
#define SILENCE_TIMES                                                          \
    ALERT_MS("s.at") ", " ALERT_MS("s.until") ", " ALERT_MS("s.ended_at")
#define SILENCE_COLUMNS                                                        \
    "s.id, s.matchers, s.made_by, s.by_name, s.reason, s.ended_by,"            \
    " s.ended_by_name, s.\"group\", (select count(*) from opsbot.alerts a"     \
    " where a.silence = s.id and a.firing), " SILENCE_TIMES
#define SILENCE_COLUMNS_N 12
void silence_from(struct silence *out, const struct db_rows *rows, size_t i);
MUST_CHECK bool silence_load(struct db *db, int64_t id, struct silence *out,
                             bool *found, struct err *err);

/* What it does to alerts that fire, or no longer does, until that is done or
 * the moment (mono ms). *left: it goes on. */
MUST_CHECK bool silence_apply(const struct alert_world *w, int64_t id,
                              int64_t moment, bool *left, struct err *err);
MUST_CHECK bool silence_release(const struct alert_world *w, int64_t id,
                                int64_t moment, bool *left, struct err *err);

/* ---- a page ------------------------------------------------------------------ */

/* What an alert is muted by from now on. */
struct mute_mark {
    const char *why; /* "": nothing */
    int64_t until, silence;
    int64_t was; /* the silence that it had when it was looked at: one that has
                  * another by now stays as it is */
};
/* Alerts that are to be changed, in the open transaction. */
struct mute_page {
    struct buf rows; /* a JSON list, open at its end */
    size_t count;
    int64_t *groups;
    size_t groups_count;
    const struct quiet_end *heard; /* why they are heard again; or NULL */
};
/* In the order of their groups. */
void page_add(struct mute_page *p, int64_t group, const char *fingerprint,
              const struct mute_mark *mark);
/* Locks their groups, changes them, and says so. */
MUST_CHECK bool page_write(const struct alert_world *w, struct mute_page *p,
                           struct err *err);
void page_dispose(struct mute_page *p);

/* What is done to one silence, page by page. */
struct mute_work {
    const struct alert_world *w;
    int64_t id;
    bool release;
    struct mutings holding;
    const struct muting *self; /* of an application; NULL: it does not hold */
    char *wants;               /* labels that each has, as JSON */
    int64_t group;             /* the last of the pages before … */
    char *print;               /* … and its alert; heap */
    char *ended_by;            /* before its time; "": by its time; heap */
    bool more;                 /* the page was full */
    struct err *err;
};
/* mute_release.c: the next page of what it mutes; behind the last one, whatever
 * a batch that took it for holding has brought by then. */
MUST_CHECK bool release_rows(struct mute_work *k, struct mute_page *page);

/* ---- inhibition --------------------------------------------------------------- */

/* Alerts whose inhibitors changed, in pages, until the moment. */
MUST_CHECK bool inhibit_due(const struct alert_world *w, int64_t moment,
                            struct err *err);
/* Of alerts that were silenced (rows of a page): what inhibits each of them
 * now; "" none. why has room for count, heap each. */
MUST_CHECK bool inhibit_of(const struct alert_world *w, const char *rows,
                           char **why, size_t count, struct err *err);
/* Which of these keys (a JSON list) have a source that fires, and by which
 * rule; but for the sources of these fingerprints (a JSON list). */
struct live_key {
    char *key, *rule;
};
struct live_keys {
    struct live_key *items; /* by strcmp of key */
    size_t count;
};
MUST_CHECK bool inhibit_live(struct db *db, const char *keys,
                             const char *without, struct live_keys *out,
                             struct err *err);
void live_keys_dispose(struct live_keys *keys);
/* The keys of alerts: [{"f":"…","k":"…","s":true,"r":"…"}, …]; all of these
 * fingerprints. Whatever else they had is forgotten. */
MUST_CHECK bool inhibit_keep(struct db *db, const char *keys,
                             const char *prints, struct err *err);
/* "inhibited by <rule>". Heap. */
char *inhibit_why(const char *rule);

/* mute_sweep.c: sources that are gone without news of them; rules that have
 * changed. Until the moment. */
MUST_CHECK bool inhibit_sweep(const struct alert_world *w, int64_t moment,
                              struct err *err);
/* A page of alerts that nothing inhibits any more, and say that something
 * does. *more: it was full. */
MUST_CHECK bool inhibit_heal(const struct alert_world *w, bool *more,
                             struct err *err);

#endif
