/*
 * reference: what a group of alerts has to be, written from the rules that
 * people read and without looking at how core does it: for test_model.c.
 *
 * It keeps an escalation as "so much is left, running since"; the store keeps
 * moments. The clock is fired_now. Pure otherwise, one thread.
 */
#ifndef TESTS_CORE_ALERT_REFERENCE_H
#define TESTS_CORE_ALERT_REFERENCE_H

#include "tests/core/alert/fired.h"

#define PRINTS 4 /* alerts of each group */
#define STEPS  6 /* of its policy: three, twice */

extern const int64_t ref_pauses[3]; /* before each of the three, ms */

struct ref_alert {
    bool known, firing, muted;
    bool fresh; /* nobody was told of it as new */
    int severity;
    int64_t at;    /* since when it fires */
    int64_t ended; /* of the fingerprint, whatever group */
    char last[64]; /* the id of its last news */
};

struct ref {
    int64_t number; /* 0: none yet */
    bool open;
    int64_t over; /* when it was over the last time */
    struct ref_alert alerts[PRINTS];
    int severity;
    int who; /* 0: nobody */
    int64_t since, until;
    bool asked, quiet;
    int taken;            /* steps, since it fired */
    long pages;           /* in all */
    bool running;         /* its clock */
    int64_t left, ran_at; /* so much, at that moment */
    int64_t told, owed, repeat;
    int64_t fresh;
};

int ref_firing(const struct ref *r);
bool ref_all_muted(const struct ref *r);
int ref_worst(const struct ref *r); /* severity; of what is over, the last */

/* Its escalation stops, and goes on unless something holds it. */
void ref_halt_clock(struct ref *r);
void ref_run_clock(struct ref *r);
void ref_fresh_policy(struct ref *r); /* from the first step */

/* People were told of it. */
void ref_tell(struct ref *r);
void ref_drop_ack(struct ref *r);
void ref_mind_quiet(struct ref *r); /* what is muted changed */
/* One that fires and did not; one that does no longer. */
void ref_join(struct ref *r, struct ref_alert *a);
void ref_leave(struct ref *r, struct ref_alert *a);
/* News of an open one. */
void ref_mind_news(struct ref *r);
void ref_end_group(struct ref *r);
void ref_tick(struct ref *r);

#endif
