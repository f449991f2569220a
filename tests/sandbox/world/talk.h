/*
 * talk: the events that Slack makes of messages.
 *
 * What people say is a verb of world_act() (act.h); this is for what the app
 * says itself. One thread.
 */
#ifndef SANDBOX_TALK_H
#define SANDBOX_TALK_H

#include "tests/sandbox/world/message.h"

/* The app posted m (borrowed) in ch: in a direct message it hears of its own
 * words as well, as a message event with its bot_id. */
void talk_tell(struct world *w, const struct channel *ch,
               const struct message *m);

#endif
