/*
 * incident_form: the forms of the incident commands. Declared in incident.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blocks/form.h"
#include "commands/incident.h"
#include "commands/registry.h"
#include "core/base/mem.h"

/* ---- what they ask --------------------------------------------------------- */

static const struct form_option severities[] = {
    { "P0", "🔴 P0 critical: customers cannot work" },
    { "P1", "🟠 P1 high: a part is down, or money is at risk" },
    { "P2", "🟡 P2 warning: it limps, and there is a way around" },
    { "P3", "🔵 P3 info: nobody is harmed" },
    { NULL, NULL },
};

static const struct form_option times[] = {
    { "15m", "in 15 minutes" },
    { "30m", "in 30 minutes" },
    { "60m", "in 60 minutes" },
    { "none", "no update is promised" },
    { NULL, NULL },
};

#define DUE_FIELD                                                              \
    {                                                                          \
        .name = "due", .kind = FORM_SELECT, .flag = true, .optional = true,    \
        .label = "Next update due",                                            \
        .hint = "What you promise to those who wait.", .options = times        \
    }

static const struct form_field open_fields[] = {
    { .name = "severity",
      .kind = FORM_SELECT,
      .label = "Severity",
      .placeholder = "How bad is it?",
      .options = severities },
    { .name = "title",
      .kind = FORM_LINE,
      .label = "What is broken",
      .placeholder = "Checkout is down",
      .hint = "One line: everybody reads this one first.",
      .most = INCIDENT_TITLE },
    { .name = "impact",
      .kind = FORM_TEXT,
      .flag = true,
      .optional = true,
      .label = "Impact",
      .placeholder = "Who notices, and how?",
      .most = INCIDENT_TEXT },
    DUE_FIELD,
    { .name = NULL },
};
static const struct form open_form = { "Open an incident", "Open",
                                       open_fields };

static const struct form_field update_fields[] = {
    { .name = "text",
      .kind = FORM_TEXT,
      .label = "What is new",
      .placeholder = "What is known now, and what is done",
      .most = INCIDENT_TEXT },
    DUE_FIELD,
    { .name = NULL },
};
static const struct form update_form = { "Update", "Post update",
                                         update_fields };

static const struct form_field resolve_fields[] = {
    { .name = "text",
      .kind = FORM_TEXT,
      .label = "How it ended",
      .placeholder = "What it was, and what mended it",
      .most = INCIDENT_TEXT },
    { .name = NULL },
};
static const struct form resolve_form = { "Resolve", "Resolve",
                                          resolve_fields };

/* ---- opening one ----------------------------------------------------------- */

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
static bool show(struct call *call, const struct form *form,
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
    view = form_view(form, fill);
    ok = services->open_view(services->arg, call->trigger_id, view, &why) ||
         not_open(call, why.text, twin, err);
    free(view);
    call->outcome = "asked";
    call->silent = ok;
    return ok;
}

/* Nobody should fill in a form that cannot be submitted. */
static bool can_record(const struct call *call, struct err *err)
{
    const struct store_health *postgres = call->vitals->postgres;

    if (!postgres || store_up(postgres))
        return true;
    store_err(postgres, ERR_DB, err);
    return false;
}

bool incident_form_open(struct call *call, const char *severity,
                        struct err *err)
{
    enum incident_severity known = INCIDENT_P0;
    const char *initial[] = { NULL, NULL, args_flag(&call->args, "impact"),
                              args_flag(&call->args, "due") };
    struct form_fill fill = { .command = "incident open", .initial = initial };

    if (*severity && !incident_severity_from(severity, &known, err))
        return false;
    if (*severity)
        initial[0] = incident_severity_name(known);
    return can_record(call, err) &&
           show(call, &open_form, &fill, "incident open P1 what is broken",
                err);
}

/* Of one that is there. initial: for each field, or NULL. */
static bool show_of(struct call *call, const struct incident *i,
                    const struct form *form, const char *does,
                    const char *const *initial, struct err *err)
{
    char title[40], command[64], twin[96];
    char *intro =
        xasprintf("%s · %s", incident_severity_text(i->severity), i->title);
    struct form_fill fill = {
        .title = title, .intro = intro, .command = command, .initial = initial
    };
    bool ok;

    snprintf(title, sizeof title, "%s INC-%lld", form->title,
             (long long)i->number);
    snprintf(command, sizeof command, "incident %s %lld", does,
             (long long)i->number);
    snprintf(twin, sizeof twin, "%s what is to be said", command);
    ok = show(call, form, &fill, twin, err);
    free(intro);
    return ok;
}

bool incident_form_update(struct call *call, const struct incident *i,
                          struct err *err)
{
    char due[24];
    const char *initial[] = { NULL, due };

    snprintf(due, sizeof due, i->due_minutes ? "%dm" : "none", i->due_minutes);
    return show_of(call, i, &update_form, "update", initial, err);
}

bool incident_form_resolve(struct call *call, const struct incident *i,
                           struct err *err)
{
    return show_of(call, i, &resolve_form, "resolve", NULL, err);
}
