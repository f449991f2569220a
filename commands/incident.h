/*
 * incident: what the files of the incident commands share with each other and
 * with thing.c. Any thread.
 */
#ifndef COMMANDS_INCIDENT_H
#define COMMANDS_INCIDENT_H

#include "blocks/incident.h"
#include "commands/command.h"

/* The headline of an incident as it is now: for thing.c. number: "12". */
char *incident_thing(struct db *db, const struct config *cfg,
                     const char *number, int64_t now, struct err *err);

/* Which buttons whoever asks is shown. */
struct incident_view incident_view_of(const struct call *call);

/* The incident that a word names. ERR_USER: none, or no number. The caller
 * disposes of it. */
MUST_CHECK bool incident_named(const struct call *call, const char *word,
                               struct incident *out, struct err *err);
/* The only one that is open. ERR_USER: there is none, or there are several. */
MUST_CHECK bool incident_only(const struct call *call, struct incident *out,
                              struct err *err);

/* What a form of `incident open --alert` begins with. */
struct incident_prefill {
    const char *severity;
    char *title, *impact;
    char command[64];
};
MUST_CHECK bool incident_form_of_alert(struct call *call, const char *alert,
                                       struct incident_prefill *out,
                                       struct err *err);
void incident_prefill_dispose(struct incident_prefill *p);
/* An incident was opened from --alert: that says so too. Best effort: the
 * incident stands. */
void incident_declared(const struct call *call, int64_t number);

/*
 * The forms behind the three commands that change something, when they are
 * given nothing to do it with. On true the form is open, and the call has its
 * outcome. ERR_SLACK: it is not; err says what to type instead.
 */
/* severity: "P1" as it was typed, or "". */
MUST_CHECK bool incident_form_open(struct call *call, const char *severity,
                                   struct err *err);
MUST_CHECK bool incident_form_update(struct call *call,
                                     const struct incident *i, struct err *err);
MUST_CHECK bool incident_form_resolve(struct call *call,
                                      const struct incident *i,
                                      struct err *err);

#endif
