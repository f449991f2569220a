/*
 * stepped: group_step() by itself: a group in memory, a clock that the test
 * moves, and what came of each step as one line of text. No store, no thread.
 *
 * The group: severity warning unless said; its route mentions somebody, waits
 * step_route.wait_ms, tells again after 5 m of news and 4 h of none; its policy
 * has steps after 5, 10 and 15 m, and begins once more.
 */
#ifndef TESTS_CORE_ALERT_STEPPED_H
#define TESTS_CORE_ALERT_STEPPED_H

#include "core/alert/step.h"

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)

/* What a test changes of the configuration, and of the moment. */
extern struct route step_route;
extern struct config_policy step_policy;
extern struct config_step step_steps[3];
extern struct config_alert_severity step_severities[ALERT_SEVERITIES];
extern struct alert_group step_group;
extern struct step_out step_came; /* of the last step */
extern int64_t step_now;
extern int64_t step_quiet_until; /* a window of its route; 0: none */

void stepped_start(void); /* a group that nothing has happened to */
void stepped_stop(void);

/*
 * What happens, several with ", " between them:
 *   fire                  a new alert of its severity
 *   worse, better         one of its worst gets worse; all of them better
 *   over, end             one of its alerts is over (it has another); all are
 *   blip                  an alert that fires and is over in one batch
 *   same, words           news that change nothing; that change its words
 *   mute, unmute          all that fires is silenced; no longer
 *   +5m                   time goes on (s, m, h), and its clock is looked at
 *   ack U1, unack U1, resolve, resolve!, escalate, assign U1, note
 *                         "!": by force; "@3": who saw version 3; "ack U1 for
 *                         2m": so long
 */
void happens(const char *what);

/*
 * How it is then, and what the last step made of it:
 *   "firing: first! thread, step 1 in 5m, repeat in 4h; card"
 * Its state ("waits": it has no card), each line (reason, number, "!": it tells
 * people; thread or broadcast), its clocks, what follows. "nothing: …",
 * "stale: …": what it was refused for, and how it still is. Until the next.
 */
const char *stands(void);

/* What holds whatever happened: what is quiet or over does not move, what
 * somebody has is not sent again, what waits is told some day, and what nobody
 * has goes on. Names the row that fails. */
void step_check(const char *row);

/* happens(what), and it stands so; each names the row that fails. */
void step_expect(const char *row, const char *what, const char *want);

#endif
