/*
 * incoming: a bot that takes alerts, what others send it, and what comes of
 * that in #ops. One thread; what cannot be done fails the test, as in
 * harness.h.
 */
#ifndef INTEGRATION_INCOMING_H
#define INTEGRATION_INCOMING_H

#include "tests/integration/common.h"
#include "tests/integration/urls.h"

#define ALERT_TOKEN  "a-token-for-the-tests"
#define ALERT_SECRET "8f742231b10e8888abcd99yyyzzz85a5"

/* Everything, posting to C0OPS, with the stream notify.events. more: YAML of
 * the section alerts, each line with two blanks before; may be "". env: may be
 * NULL. */
struct harness *incoming_start(const char *more, const char *const *env);

/* POST path; headers: "Authorization: Bearer …\r\n", or NULL. The status.
 * answer may be NULL. */
int incoming_post(const struct opsbot *bot, const char *path,
                  const char *headers, const char *body,
                  struct url_answer *answer);
/* The same, that must be answered so, with text in its body. */
void incoming_expect(const struct opsbot *bot, const char *path,
                     const char *headers, const char *body, int status,
                     const char *text);
/* Headers that sign body, skew_s from now. Heap. */
char *incoming_signed(const char *secret, const char *body, int skew_s);

/* An Alertmanager's webhook with one alert of that name and severity, firing
 * since a moment that is the same each time. Heap. */
char *incoming_webhook(const char *name, const char *severity, bool resolved);

/* An entry of notify.events with this trace id, severity and title. */
void incoming_add(struct harness *h, const char *trace, const char *severity,
                  const char *title);

/* Waits until a card with this text is in #ops. */
void incoming_wait(struct harness *h, const char *title);
/* Waits until so many cards of this title are in #ops, and whatever waits for
 * Slack has gone: there are no more. */
void incoming_cards(struct harness *h, const char *title, size_t n);
/* What the card of an alert says that Postgres does not know of. */
#define INCOMING_AWAY "History unavailable"
/* Does #ops show it now: blocks, attachments and all? */
bool incoming_shows(struct harness *h, const char *text);
/* Postgres is back: waits until the critical of that title has its number and
 * its history, in one card, which was the one that is there. The bot may have
 * raised others meanwhile. */
void incoming_recorded(struct harness *h, const char *title);
/* Waits until the stream has nothing that is not confirmed, nor unread. */
void incoming_read(struct harness *h);

#endif
