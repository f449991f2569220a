/*
 * incident_form: the forms of the incident commands. Declared in incident.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/form.h"
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

static bool open_with(struct call *call, const char *severity,
                      const struct incident_prefill *from, struct err *err)
{
    const char *impact = args_flag(&call->args, "impact");
    const char *initial[] = { severity, from->title,
                              impact ? impact : from->impact,
                              args_flag(&call->args, "due") };
    struct form_fill fill = { .command = from->command, .initial = initial };

    return form_can_record(call, err) &&
           form_show(call, &open_form, &fill, "incident open P1 what is broken",
                     err);
}

bool incident_form_open(struct call *call, const char *severity,
                        struct err *err)
{
    const char *alert = args_flag(&call->args, "alert");
    struct incident_prefill from = { .command = "incident open" };
    enum incident_severity known = INCIDENT_P0;
    bool ok;

    if (*severity && !incident_severity_from(severity, &known, err))
        return false;
    ok = !alert || incident_form_of_alert(call, alert, &from, err);
    if (*severity)
        from.severity = incident_severity_name(known);
    ok = ok && open_with(call, from.severity, &from, err);
    incident_prefill_dispose(&from);
    return ok;
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
    ok = form_show(call, form, &fill, twin, err);
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
