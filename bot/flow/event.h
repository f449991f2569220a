/*
 * event: what an event of Slack's asks of us, if anything.
 *
 * Two kinds do: a text that is for us (a mention at the beginning of a message,
 * a message to us alone), which is a command like any other, and somebody who
 * opens App Home. All else is acked and nothing more: what bots say (we among
 * them), edits, joins, messages without text, mentions in passing.
 */
#ifndef BOT_EVENT_H
#define BOT_EVENT_H

#include "bot/flow/envelope.h"

/*
 * Fills env from the payload of an events_api envelope; texts are borrowed
 * from it. One text of a person is one thing however Slack tells of it: as
 * `message` and as `app_mention`, again, under another event id. Pure.
 */
void event_slack(struct envelope *env, const json_t *payload);

#endif
