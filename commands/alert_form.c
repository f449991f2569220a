/*
 * alert_form: the forms of silences and assignments. Declared in alert.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/alert.h"
#include "commands/form.h"
#include "commands/when.h"
#include "core/base/mem.h"

/* ---- what they ask --------------------------------------------------------- */

static const struct form_option times[] = {
    { "1h", "for 1 hour" }, { "4h", "for 4 hours" },
    { "1d", "for a day" },  { "until", "until a time: fill it in below" },
    { NULL, NULL },
};

static const struct form_field silence_fields[] = {
    { .name = "matchers",
      .kind = FORM_TEXT,
      .label = "What is quiet",
      .placeholder = "service=pay\nseverity=~\"warning|info\"",
      .hint = "One matcher a line; an alert has to match all of them.",
      .most = 1000 },
    { .name = "for",
      .kind = FORM_SELECT,
      .label = "How long",
      .options = times },
    { .name = "until",
      .kind = FORM_LINE,
      .flag = true,
      .optional = true,
      .label = "Until",
      .placeholder = "14:00, 2026-11-20T14:00, or 14:00 Europe/Berlin",
      .most = 60 },
    { .name = "reason",
      .kind = FORM_TEXT,
      .label = "Why",
      .placeholder = "What whoever looks for this alert has to know",
      .most = SILENCE_REASON },
    { .name = NULL },
};
#define UNTIL      2 /* its place among them */
#define UNTIL_HINT 150

static const struct form_field assign_fields[] = {
    { .name = "user",
      .kind = FORM_USER,
      .label = "Whose is it",
      .placeholder = "Choose somebody" },
    { .name = NULL },
};
static const struct form assign_it = { "Assign", "Assign", assign_fields };

/* ---- opening one ----------------------------------------------------------- */

static bool show_of(struct call *call, const struct alert_group *g,
                    const struct form *form, const char *does,
                    const char *const *initial, const char *rest,
                    struct err *err)
{
    char title[40], command[64], twin[120];
    char *intro =
        xasprintf("%s · %s", alert_severity_text(g->severity), g->title);
    struct form_fill fill = {
        .title = title, .intro = intro, .command = command, .initial = initial
    };
    bool ok;

    snprintf(title, sizeof title, "%s A-%lld", form->title,
             (long long)g->number);
    snprintf(command, sizeof command, "%s A-%lld", does, (long long)g->number);
    snprintf(twin, sizeof twin, "%s %s", command, rest);
    ok = form_show(call, form, &fill, twin, err);
    free(intro);
    return ok;
}

bool silence_form(struct call *call, const struct alert_group *group,
                  const char *matchers, struct err *err)
{
    const char *initial[] = { matchers, "1h", NULL, NULL };
    struct form_fill fill = { .command = "silence", .initial = initial };
    struct form_field fields[sizeof silence_fields / sizeof *silence_fields];
    struct form form = { "Silence", "Silence", fields };
    char hint[UNTIL_HINT];

    if (!form_can_record(call, err))
        return false;
    memcpy(fields, silence_fields, sizeof fields);
    snprintf(hint, sizeof hint,
             "By the clock of %s. What is filled in here holds, whatever was "
             "chosen above.",
             when_how(call).zone);
    fields[UNTIL].hint = hint;
    if (group)
        return show_of(call, group, &form, "silence", initial, "1h the reason",
                       err);
    return form_show(call, &form, &fill, "silence service=pay 1h the reason",
                     err);
}

bool assign_form(struct call *call, const struct alert_group *group,
                 struct err *err)
{
    const char *initial[] = { group->assignee[0] ? group->assignee
                                                 : call->act.user };

    return form_can_record(call, err) &&
           show_of(call, group, &assign_it, "assign", initial, "@somebody",
                   err);
}
