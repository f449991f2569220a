/*
 * alert test: an alert through the real path, marked as a test.
 */
#include "commands/alert.h"

#include <stdlib.h>

#include "commands/registry.h"
#include "core/base/mem.h"
#include "core/base/text.h"
#include "core/ops/audit.h"

bool alert_severity(const struct call *call, const char *word,
                    enum alert_severity *out, struct err *err)
{
    return event_severity(call->config, word, out) ||
           err_set(err, ERR_USER,
                   "`%.40s` is no severity: critical, high, warning or info, "
                   "or a name that alerts.severities has for one.",
                   word);
}

/* By its operation: what comes twice is one (P2). Nobody says when it is over
 * but who resolves it. Takes title. */
static struct alert_event event_of(const struct call *call,
                                   enum alert_severity severity, char *title)
{
    struct alert_event e = {
        .id = xasprintf("test:%s", call->act.op),
        .trace = xstrdup(""),
        .fingerprint = xasprintf("test:%s", call->act.op),
        .source = xstrdup("test"),
        .severity = severity,
        .test = true,
        .title = title,
        .message = xasprintf("A test: somebody typed alert test. Nothing is "
                             "wrong."),
        .runbook = xstrdup(""),
        .at = call->act.recorded_at,
        .received = call->now,
    };

    labels_set(&e.labels, "alertname", "test");
    labels_set(&e.labels, "test", call->act.op);
    event_finish(&e, call->config);
    return e;
}

/* Its record is there before the alert is (P3); while Postgres is away, as
 * any other. */
static bool record(struct call *call, struct err *err)
{
    struct audit_row row = { .act = &call->act,
                             .kind = AUDIT_ATTEMPT,
                             .outcome = "attempt" };

    return (call->vitals->postgres && !store_up(call->vitals->postgres)) ||
           audit_write(call->db, &row, err);
}

static void raised(struct call *call, enum alert_severity severity, bool held,
                   struct card *card)
{
    call->outcome = held ? "held" : "ok";
    card_title(card, TONE_OK, "A test alert is on its way");
    card_lead(card,
              LINE(say_bold(alert_severity_text(severity)),
                   say_text(held ? ": Postgres is away; it is kept, and "
                                   "posted at once if it is critical."
                                 : ": its card is posted where its route "
                                   "leads, and escalates like any other.")));
    card_note(card, LINE(say_text("What it matched: "),
                         say_typed(card, say_fmt(card, "route test severity=%s",
                                                 event_severity_name(severity))
                                             .text)));
    card_action(
        card, &(struct action){ .label = "Show alerts", .command = "alerts" });
}

static bool raise_it(struct call *call, enum alert_severity severity,
                     char *title, struct card *card, struct err *err)
{
    struct alert_event event = event_of(call, severity, title);
    bool held = false;

    if (!call->services->alert_raise(call->services->arg, &event, &held, err))
        return false;
    raised(call, severity, held, card);
    return true;
}

static bool test_run(struct call *call, struct card *card, struct err *err)
{
    enum alert_severity severity;
    char *title;

    if (!alert_severity(call, args_word(&call->args, 0), &severity, err))
        return false;
    if (!call->config->alerts.on || !call->services ||
        !call->services->alert_raise)
        return err_set(err, ERR_USER,
                       "Alerts are off: the configuration has no section "
                       "`alerts`. Nothing was sent.");
    if (!record(call, err))
        return false;
    title = call_text(call, 1);
    if (text_blank(title)) {
        free(title);
        title = xstrdup("This is a test");
    }
    return raise_it(call, severity, title, card, err);
}

const struct command command_alert_test = {
    .name = "alert test",
    .group = "alert",
    .usage = "<severity> [text]",
    .summary = "Sends a test alert the way that real ones go",
    .example = "alert test critical does anybody hear this?",
    .right = "alert.test",
    .min_words = 1,
    .max_words = -1,
    .text = true,
    .changes = true,
    .run = test_run,
};
