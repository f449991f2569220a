/*
 * step_parts: what the files of group_step() share. Nobody else includes this.
 */
#ifndef CORE_ALERT_STEP_PARTS_H
#define CORE_ALERT_STEP_PARTS_H

#include "core/alert/step.h"

/* One step, while it is taken; all borrowed. */
struct stepping {
    struct alert_group *g;
    const struct step_terms *terms;
    const struct step_input *in;
    struct step_out *out;
    bool turned; /* its state changed */
    bool worse;  /* its severity is up */
};

/* Replaces a text; NULL is "". */
void step_text(char **text, const char *value);

bool step_acked(const struct alert_group *g);
bool step_quiet(const struct alert_group *g);
/* It has no card yet, and is in no digest: group_wait is not over. */
bool step_waiting(const struct alert_group *g);
/* How the present severity is spoken of. */
const struct config_alert_severity *step_of(const struct stepping *s);

/* Something happened: a row of its history, and what its thread says. The line
 * is borrowed until the next one. Its actor is who did it. */
struct step_line *step_say(struct stepping *s, enum group_reason reason,
                           enum config_voice voice);
/* The same, and people are told: what was owed is said by it. Without voice
 * while it is quiet. */
struct step_line *step_tell(struct stepping *s, enum group_reason reason,
                            enum config_voice voice);

/* What is new by now counts as told. */
void step_heard(struct stepping *s);

/* ---- its escalation ----------------------------------------------------------- */

/* Steps of its policy; 0: it has none. */
int step_count(const struct stepping *s);
/* From its first step. Nothing moves yet. */
void step_clock_reset(struct stepping *s);
/* What is left until the next step is kept. */
void step_clock_stop(struct stepping *s);
/* Goes on where it stopped, unless something holds it. */
void step_clock_go(struct stepping *s);
/* The next step was taken elsewhere: the one after it is next. */
void step_pass(struct stepping *s);
/* The next step, now. There is one. */
void step_take(struct stepping *s);

/* ---- quiet -------------------------------------------------------------------- */

/* Silenced, inhibited or out of hours, or no longer: as the counts, and the
 * windows of its route, have it now. */
void step_mind_quiet(struct stepping *s);

/* ---- news --------------------------------------------------------------------- */

/* NEWS, QUIET: the counts are in. */
void step_news(struct stepping *s);
/* Its card; who follows its route is mentioned below it. */
void step_first(struct stepping *s);
/* So many are new since people were told. */
void step_more(struct stepping *s);

/* ---- the clock ---------------------------------------------------------------- */

/* TICK. */
void step_tick(struct stepping *s);
/* The earliest of all that is due; 0: nothing is. */
int64_t step_due(const struct alert_group *g);

/* ---- people ------------------------------------------------------------------- */

/* Nobody has it any more; says nothing. */
void step_ack_clear(struct stepping *s);
/* All of it is over, by somebody ("": by its source). */
void step_over(struct stepping *s, const char *by);
/* ACK, UNACK, RESOLVE, ESCALATE, ASSIGN, NOTE. */
void step_person(struct stepping *s);

#endif
