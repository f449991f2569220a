/*
 * clicked: see clicked.h.
 */
#include "commands/clicked.h"

#include <stdlib.h>

#include "commands/thing.h"

void clicked_hold(struct call *call, struct clicked *out)
{
    struct err why = { 0 };

    *out = (struct clicked){ 0 };
    if (!(call->pressed || call->filled_in) || !call->message_ts ||
        !call->message_ts[0] || !call->response_url[0] || call->recovered)
        return;
    if (!outbox_hold(call->db, call->act.channel, call->message_ts,
                     call->act.trace, &out->hold, &out->found, &why))
        log_debug("alert", &call->log, "the pressed card is not held: %s",
                  why.text);
}

/* What is wanted is read first: what is loaded after it is at least as new. */
bool clicked_show(struct call *call, struct clicked *clicked)
{
    struct err why = { 0 };

    if (!clicked->found || !outbox_wanted(call->db, &clicked->hold, &why))
        return false;
    call->edit.message = thing_message(call->db, call->config,
                                       clicked->hold.thing, call->now, &why);
    if (!call->edit.message)
        return false;
    call->edit.hold = clicked->hold;
    clicked->hold = (struct outbox_hold){ 0 };
    return true;
}

void clicked_end(struct call *call, struct clicked *clicked)
{
    struct err why = { 0 };

    if (clicked->hold.held && !outbox_shown(call->db, &clicked->hold, 0, &why))
        log_debug("alert", &call->log, "%s", why.text);
    outbox_hold_dispose(&clicked->hold);
}

void card_edit_dispose(struct card_edit *edit)
{
    free(edit->message);
    outbox_hold_dispose(&edit->hold);
    *edit = (struct card_edit){ 0 };
}
