/*
 * incident: what is broken, who said so, and how it goes on.
 *
 * In Postgres alone: opsbot.incidents holds how each one stands,
 * opsbot.incident_events its timeline, which is only ever added to. Each change
 * is one operation with its audit row, its timeline entry and its outbox rows
 * in one transaction (P2, P3): the operation's id is the key, and whoever
 * repeats it is told what came of it the first time.
 *
 * Each incident has one headline: the card "incident:<number>" in its channel,
 * edited to the newest state; what happened goes into its thread.
 *
 * Any thread, with its own connection. Times are wall ms, 0 for none.
 */
#ifndef CORE_OPS_INCIDENT_H
#define CORE_OPS_INCIDENT_H

#include <stddef.h>
#include <stdint.h>

#include "core/config.h"
#include "core/ops/act.h"
#include "core/store/db.h"

/* Characters, at most. */
#define INCIDENT_TITLE 150
#define INCIDENT_TEXT                                                          \
    2500 /* impact, update, resolution: one section of Slack */

#define INCIDENT_DUE_MOST 1440 /* minutes: a promised update is due in a day */

enum incident_severity { INCIDENT_P0, INCIDENT_P1, INCIDENT_P2, INCIDENT_P3 };

/* "P1" and "high". */
const char *incident_severity_name(enum incident_severity severity);
const char *incident_severity_word(enum incident_severity severity);
/* Either of them, in any case. ERR_USER names all. */
MUST_CHECK bool incident_severity_from(const char *typed,
                                       enum incident_severity *out,
                                       struct err *err);
/* "INC-12", "inc12", "12". ERR_USER. */
MUST_CHECK bool incident_number(const char *typed, int64_t *number,
                                struct err *err);
/* "30m", "1h", "30" (minutes); "none": 0. ERR_USER. */
MUST_CHECK bool incident_due(const char *typed, int *minutes, struct err *err);

/* All text is heap; "" where there is none, once it is loaded. */
struct incident {
    int64_t number; /* INC-<number> */
    enum incident_severity severity;
    bool resolved;
    char *title, *impact;
    char *channel; /* of its headline; "": it has none */
    char *op;      /* the operation that opened it */
    char *opened_by, *opened_name;
    int64_t opened_at;
    char *update, *updated_by, *updated_name; /* the last one */
    int64_t updated_at;                       /* 0: there was none yet */
    int due_minutes;                          /* how often one is promised */
    int64_t due_at;                           /* the next one; 0: no promise */
    char *resolution, *resolved_by, *resolved_name;
    int64_t resolved_at;
};
void incident_dispose(struct incident *incident);

enum incident_event_kind {
    INCIDENT_OPENED,
    INCIDENT_UPDATED,
    INCIDENT_RESOLVED
};

/* One entry of a timeline. */
struct incident_event {
    int64_t id; /* they are in its order */
    enum incident_event_kind kind;
    char *actor, *actor_name, *text;
    int64_t at;
};

/* ---- looking --------------------------------------------------------------- */

MUST_CHECK bool incident_load(struct db *db, int64_t number,
                              struct incident *out, bool *found,
                              struct err *err);

/* How many are open, by severity. */
MUST_CHECK bool incident_open_counts(struct db *db,
                                     int64_t counts[INCIDENT_P3 + 1],
                                     struct err *err);

/* A page of them: open ones first, the most severe of them first, then the
 * newest. */
struct incident_list {
    struct incident *items;
    size_t count;
    bool more;            /* there are some behind these */
    int64_t open, closed; /* in all */
};
/* resolved: those too. */
MUST_CHECK bool incident_list(struct db *db, bool resolved, size_t skip,
                              size_t limit, struct incident_list *out,
                              struct err *err);
void incident_list_dispose(struct incident_list *list);

/* Newest first. */
struct incident_timeline {
    struct incident_event *items;
    size_t count;
    bool more; /* older ones exist */
};
MUST_CHECK bool incident_timeline(struct db *db, int64_t number, size_t skip,
                                  size_t limit, struct incident_timeline *out,
                                  struct err *err);
void incident_timeline_dispose(struct incident_timeline *timeline);

/* ---- changing -------------------------------------------------------------- */

/* With what a change is made and shown; all borrowed. Both make
 * chat.postMessage arguments without channel (heap). */
struct incident_world {
    struct db *db;
    const struct config *config;
    const char *response_url; /* the road to the channel where it was asked
                               * for; or "" */
    char *(*headline)(const struct config *cfg, const struct incident *i);
    char *(*line)(const struct config *cfg, const struct incident *i,
                  const struct incident_event *event);
};

struct incident_new {
    enum incident_severity severity;
    const char *title;
    const char *impact; /* or "" */
    int due_minutes;    /* 0: no update is promised */
};

enum incident_result {
    INCIDENT_DONE,
    INCIDENT_BEFORE, /* by this operation, earlier: nothing changed now */
    INCIDENT_OVER,   /* it was resolved already: nothing changed */
    INCIDENT_UNKNOWN /* there is none of this number */
};

/* result, and how the incident stands then; but for INCIDENT_UNKNOWN the
 * caller disposes of it. */
struct incident_done {
    enum incident_result result;
    struct incident incident;
};

/* Each runs a transaction of its own. Texts are checked: incident_check_…. */
MUST_CHECK bool incident_open(const struct incident_world *w,
                              const struct act *act,
                              const struct incident_new *want,
                              struct incident_done *out, struct err *err);
/* minutes: until the next one; 0: none is promised, -1: as promised before. */
MUST_CHECK bool incident_update(const struct incident_world *w,
                                const struct act *act, int64_t number,
                                const char *text, int minutes,
                                struct incident_done *out, struct err *err);
MUST_CHECK bool incident_resolve(const struct incident_world *w,
                                 const struct act *act, int64_t number,
                                 const char *text, struct incident_done *out,
                                 struct err *err);

/* Where a headline goes that is asked for in a channel ("" when nowhere):
 * channels.incidents, else channels.ops, else there. */
const char *incident_channel(const struct config *cfg, const char *asked);

#endif
