/*
 * alerting: alerts that fire, their cards, and people who press on them. One
 * thread; what cannot be done fails the test, as in harness.h.
 */
#ifndef INTEGRATION_ALERTING_H
#define INTEGRATION_ALERTING_H

#include "tests/integration/forms.h"

/*
 * Everything. Alerts of one service are a group, with a card in C0OPS (ops)
 * and one in C0GENERAL; nobody answers one for 30 minutes, and U0CAT is told,
 * then #general. U0ANN is an admin; U0BOB has alert.* and incident.*, U0CAT
 * nothing; headlines of incidents go to C0QUIET.
 */
struct harness *alerting_start(const char *const *env);

/* POST /alerts, as it stands; it has to be taken. */
void alert_post(struct harness *h, const char *json);
/* A critical one of a service with this trace id; and that it is over. */
void alert_fires(struct harness *h, const char *service, const char *trace);
void alert_over(struct harness *h, const char *service, const char *trace);

/* The card of A-<number> (0: any) in a channel, once its text says `text`. New
 * ref. */
json_t *card_shows(struct harness *h, const char *channel, int number,
                   const char *text);
/* A line in the thread of a card says it. */
void thread_says(struct harness *h, const char *channel, const json_t *card,
                 const char *text);
/* How many lines of its thread do, by now. */
size_t thread_count(struct harness *h, const char *channel, const json_t *card,
                    const char *text);

/* Presses a button, or what is in the card's menu, on that very state of it.
 * Waits as say() does. New reference. */
json_t *card_press(struct harness *h, const char *user, const char *channel,
                   const json_t *card, const char *label);
/* The same at once, without waiting. */
struct asked card_press_now(struct harness *h, const char *user,
                            const char *channel, const json_t *card,
                            const char *label);
/* The same, unless the message has no such button any more: interaction is ""
 * then. */
struct asked card_press_try(struct harness *h, const char *user,
                            const char *channel, const json_t *card,
                            const char *label);
/* Of a press: waits until somebody is told text for it. */
void press_told(struct harness *h, struct asked press, const char *text);

/* The entries of a reason in the history of A-<number>. */
long long history_of(struct harness *h, int number, const char *reason);
/* … until there are so many. */
void wait_history(struct harness *h, int number, const char *reason,
                  long long n);

#endif
