/*
 * talk: people who say things to the bot in messages, and what they see then.
 * One thread, one harness; what cannot be done fails the test.
 */
#ifndef INTEGRATION_TALK_H
#define INTEGRATION_TALK_H

#include "tests/integration/common.h"

#define TALK_MS 20000

/* Says text, as typed: in a thread, unless that is NULL. Heap: its ts. */
char *talk_say(struct harness *h, const char *user, const char *channel,
               const char *text, const char *thread);
/* The same with text as Slack escapes it, and a mention of the bot in front
 * if there is none in it. */
void talk_mention(struct harness *h, const char *user, const char *channel,
                  const char *text, const char *thread);

/* The bot's messages by now that this user sees in a channel and that show
 * text: {"messages":[…]}, as say() gives them. New ref. */
json_t *talk_seen(struct harness *h, const char *user, const char *channel,
                  const char *text);
/* Waits until there are n of them. New ref. */
json_t *talk_wait(struct harness *h, const char *user, const char *channel,
                  const char *text, size_t n);
/* talk_wait() for one. */
json_t *talk_answer(struct harness *h, const char *user, const char *channel,
                    const char *text);

/* An event of Slack's with this inner event, in an envelope of its own. */
void talk_event(struct harness *h, const char *event_id, json_t *event);

/* Waits until everything said so far has been acked, and nothing is left in
 * the inbox. */
void talk_over(struct harness *h);

#endif
