/* tour_alert: the steps about alerts; see tour_parts.h. The agent that flaps
 * is away when they begin, and comes back with the end of its incident. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/demo/paper.h"
#include "tests/demo/tour_parts.h"

#define CARD_MS  20000 /* from the failing check to the card */
#define AGENT    "the agent risk is away"
#define ORDERS   "the orders database takes too long"
#define LOSS     "daily loss is at 0.9 %"
#define BY_EVENT "pay · " LOSS

/* The card of that title, with the state under it; lines of its thread have the
 * title too. */
static bool card(struct tour *t, const char *title, const char *state)
{
    char *text = xasprintf("CRITICAL · %s\n%s", title, state);
    bool ok = check(stage_watch(t->s, ANN, text, CARD_MS), "no card shows '%s'",
                    text);

    free(text);
    return ok;
}

/* The number of the card shown last: "A-2"; heap. */
static char *number(const struct tour *t)
{
    const char *at = strstr(t->s->shown, "A-");
    size_t len = at ? 2 + strspn(at + 2, "0123456789") : 0;

    return xstrndup(at ? at : "", len);
}

bool tour_alert(struct tour *t)
{
    paper_line(INK_DIM, "Prometheus scrapes the bot, a rule fires, and "
                        "Alertmanager tells the bot.");
    if (!card(t, AGENT, "Unacknowledged"))
        return false;
    t->alert = number(t);
    return shows(t, "next: pages @");
}

/* The button of a card has the alert in its label. */
static bool press_acknowledge(struct tour *t, const char *user)
{
    char *label = xasprintf("Acknowledge %s", t->alert);
    bool ok = check(stage_press(t->s, user, label, 1),
                    "no button or answer: %s", label);

    free(label);
    return ok;
}

bool tour_alert_refused(struct tour *t)
{
    return press_acknowledge(t, BOB) && shows(t, "alert.ack") &&
           shows(t, "operator");
}

bool tour_ack(struct tour *t)
{
    return press_acknowledge(t, ANN) && shows(t, "Acknowledged by @ann") &&
           shows(t, "until") &&
           check(stage_watch(t->s, ANN, "of the escalation cancelled", CARD_MS),
                 "the thread does not say which step was cancelled") &&
           shows(t, "step 1 of 2");
}

/* Of a stream: what a program says by itself. */
bool tour_event(struct tour *t)
{
    redis_send(t->s->h,
               "XADD " WATCH_STREAM " * traceId t-90210 severity critical "
               "source pnl-tracker title %s message %s labels %s",
               LOSS, "At 1 % trading is halted.",
               "{\"service\":\"pay\",\"book\":\"main\"}");
    paper_line(INK_DIM, "A program adds an entry to the stream " WATCH_STREAM
                        ", with the trace id t-90210.");
    return card(t, BY_EVENT, "Unacknowledged") &&
           shows(t, "At 1 % trading is halted") &&
           says(t, ANN, "ack t-90210 I am looking at the books") &&
           shows(t, "Acknowledged by @ann");
}

bool tour_alerts(struct tour *t)
{
    return says(t, ANN, "alerts") && shows(t, "3 alerts") && shows(t, AGENT) &&
           shows(t, BY_EVENT) && shows(t, ORDERS) &&
           shows(t, "Unacknowledged") && shows(t, "escalates");
}

bool tour_route(struct tour *t)
{
    return says(t, ANN, "route test severity=critical service=pay at=03:00") &&
           shows(t, "pages > pay") && shows(t, "#alerts") &&
           shows(t, "on call: desk") && shows(t, "Nothing was sent");
}

bool tour_silence(struct tour *t)
{
    return says(t, ANN, "silence service=orders 1h known, it moves tonight") &&
           shows(t, "1 alert silenced") && says(t, ANN, "silences") &&
           shows(t, "it moves tonight") && says(t, ANN, "unsilence S-1") &&
           shows(t, "heard again");
}

/* The cause is gone since the end of the incident. */
bool tour_resolved(struct tour *t)
{
    paper_line(INK_DIM, "The agent is back. Nobody touches the alert.");
    return card(t, AGENT, "Resolved");
}
