/*
 * alert: what the files of the alert commands share with each other, with
 * ack.c, thing.c and whoever takes alerts. Any thread.
 */
#ifndef COMMANDS_ALERT_H
#define COMMANDS_ALERT_H

#include "blocks/alert.h"
#include "commands/command.h"
#include "core/alert/take.h"

/* ---- things (thing.h) ------------------------------------------------------- */

/* The cards of "alert:<number>", "storm:<id>" and "roll:<id>" as they are
 * now. */
char *alert_thing(struct db *db, const struct config *cfg, const char *number,
                  int64_t now, struct err *err);
char *storm_thing(struct db *db, const struct config *cfg, const char *id,
                  int64_t now, struct err *err);
char *roll_thing(struct db *db, const struct config *cfg, const char *id,
                 int64_t now, struct err *err);
char *away_thing(struct db *db, const struct config *cfg, const char *id,
                 int64_t now, struct err *err);
char *twin_thing(struct db *db, const struct config *cfg, const char *id,
                 int64_t now, struct err *err);

/* struct alert_world.line: the mentions are the route's, whoever is on call in
 * their place. */
char *alert_line_text(struct db *db, const struct config *cfg,
                      const struct alert_group *g, const struct step_line *line,
                      const struct route *route);

/* All that a card shows besides its group, loaded. view borrows from it. */
struct alert_seen {
    struct alert_view view;
    struct group_alerts alerts;
    struct alert_context context;
    char **plan;
    size_t plan_count;
};
/* now 0: for a channel. What cannot be had in time is left out, but the first
 * of its alerts. redis: NULL when it is away. */
MUST_CHECK bool alert_see(struct db *db, struct redis *redis,
                          const struct config *cfg, const struct alert_group *g,
                          int64_t now, struct alert_seen *out, struct err *err);
void alert_seen_dispose(struct alert_seen *seen);

/* ---- what the commands have in common --------------------------------------- */

struct alert_world alert_world_of(const struct call *call);

/* The first page of what folded into a storm, as `alerts --storm n` has it. */
MUST_CHECK bool alert_storm_page(struct call *call, int64_t storm,
                                 struct card *card, struct err *err);

/* The group that a word names. ERR_USER: none, or no number. The caller
 * disposes of it. */
MUST_CHECK bool alert_named(const struct call *call, const char *word,
                            struct alert_group *out, struct err *err);

/* "critical", or a name that the configuration has for it. ERR_USER. */
MUST_CHECK bool alert_severity(const struct call *call, const char *word,
                               enum alert_severity *out, struct err *err);

/* What a person does to one: once, its card first, and the answer. in: kind,
 * text and until; the rest is the call's. */
MUST_CHECK bool alert_do(struct call *call, const char *word,
                         struct step_input *in, struct card *card,
                         struct err *err);

/* The words from the i-th on, without secrets, of at most ALERT_NOTE
 * characters. Heap; NULL: ERR_USER. */
#define ALERT_NOTE 500
char *alert_note(struct call *call, size_t i, struct err *err);

/* ack.c: an acknowledgement of "A-1042", or of the trace id of an alert.
 * *mine false: it is neither, or Postgres cannot be asked: whatever it names
 * is acknowledged without it. */
MUST_CHECK bool alert_ack(struct call *call, enum step_kind kind,
                          const char *note, bool *mine, struct card *card,
                          struct err *err);
/* "A-1042" as keys in Redis have it, into out; false: the word is none. */
#define ALERT_NAME 32
bool alert_name(const char *word, char out[ALERT_NAME]);

/* ---- forms ------------------------------------------------------------------ */

/* A form of the silences; group NULL: of no alert. As incident_form_open(). */
MUST_CHECK bool silence_form(struct call *call, const struct alert_group *group,
                             const char *matchers, struct err *err);
MUST_CHECK bool assign_form(struct call *call, const struct alert_group *group,
                            struct err *err);

#endif
