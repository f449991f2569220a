/*
 * form: see form.h.
 */
#include "commands/form.h"

#include <stdlib.h>

#include "commands/registry.h"

/* What is typed instead. */
static bool not_open(const struct call *call, const char *why, const char *twin,
                     struct err *err)
{
    return err_set(err, ERR_SLACK,
                   "the form did not open (%.120s): Slack gives 3 s for that. "
                   "Nothing was recorded. Try again, or type it: `%s %s`",
                   why, command_slash(call->config), twin);
}

/* A trigger of before a restart is long dead. */
bool form_show(struct call *call, const struct form *form,
               struct form_fill *fill, const char *twin, struct err *err)
{
    const struct services *services = call->services;
    struct err why = { 0 };
    char *view;
    bool ok;

    if (call->voucher != VOUCHED_BY_SLACK)
        return err_set(err, ERR_USER,
                       "Only Slack can show a form. Say it in full: `%s`",
                       twin);
    if (!call->trigger_id[0])
        return err_set(err, ERR_USER,
                       "Slack opens forms for `%s` and for buttons, not for "
                       "what is said. Say it in full: `%s`",
                       command_slash(call->config), twin);
    if (!services || !services->open_view || call->recovered)
        return not_open(call, "it is too late for it", twin, err);
    fill->nonce = call->act.op;
    fill->channel = call->act.channel;
    fill->response_url = call->response_url;
    fill->message = call->message_ts;
    fill->seen = call->seen;
    view = form_view(form, fill);
    ok = services->open_view(services->arg, call->trigger_id, view, &why) ||
         not_open(call, why.text, twin, err);
    free(view);
    call->outcome = "asked";
    call->silent = ok;
    return ok;
}

bool form_can_record(const struct call *call, struct err *err)
{
    const struct store_health *postgres = call->vitals->postgres;

    if (!postgres || store_up(postgres))
        return true;
    store_err(postgres, ERR_DB, err);
    return false;
}
