/*
 * clicked: the card that a button was pressed on changes first: by the press's
 * response URL, before the outbox posts or edits anything of the same effect
 * in that channel (design §3.5). So does the card whose button opened the form
 * that was submitted: it carries the press's URL. Any thread.
 *
 *     clicked_hold(call, &clicked);    its card, and the answers in its thread,
 *                                      wait in the outbox
 *     … the effect …
 *     clicked_show(call, &clicked);    call->edit is the card as it is now
 *     clicked_end(call, &clicked);
 *
 * What is held goes on as soon as the edit has ended, or after a few seconds
 * by itself: a crash in between costs nothing but that.
 */
#ifndef COMMANDS_CLICKED_H
#define COMMANDS_CLICKED_H

#include "commands/command.h"

struct clicked {
    bool found; /* it is a card of the outbox … */
    struct outbox_hold hold;
};

/* Not pressed, or not on a card that lives on: nothing is held. */
void clicked_hold(struct call *call, struct clicked *out);
/* False: there is no such card, or it cannot be loaded now. */
bool clicked_show(struct call *call, struct clicked *clicked);
/* Without an edit nothing is held any more. */
void clicked_end(struct call *call, struct clicked *clicked);

#endif
