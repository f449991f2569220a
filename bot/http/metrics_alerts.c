/*
 * metrics_alerts: of the page, alerts: what came in, what is open, what waits,
 * how long a card took, and what the bot itself raised. See metrics_parts.h.
 */
#include <stdio.h>

#include "bot/http/metrics_parts.h"

static void events(struct metrics *m, const struct tally *t)
{
    metric_family(m, "opsbot_alerts_events_total", COUNTER,
                  "Events that came in, by what became of them");
    for (unsigned s = 0; t && s < TALLY_SOURCES; s++)
        for (unsigned f = 0; f < TALLY_FATES; f++)
            metric_value(m, (double)meter_counted(&t->alerts[s][f]), "source",
                         tally_source_name(s), "result",
                         tally_fate_name((enum tally_fate)f));
    metric_family(m, "opsbot_alerts_card_seconds", METRIC_HISTOGRAM,
                  "From an alert in Postgres to its card in Slack");
    if (t)
        metric_histogram(m, &t->cards, NULL, NULL);
}

static void counted(struct metrics *m, const struct alerts_facts *f)
{
    metric_single(m, "opsbot_alerts_known_total", COUNTER,
                  "Of the events taken those that were known before",
                  (double)f->known);
    metric_single(m, "opsbot_alerts_dead_total", COUNTER,
                  "Entries of the alerts' stream that are no alert",
                  (double)f->dead);
    metric_single(m, "opsbot_alerts_old_total", COUNTER,
                  "Entries of it that were too old (alerts.max_age)",
                  (double)f->old);
    metric_single(m, "opsbot_alerts_waiting", GAUGE,
                  "Events in the queue of the alerts thread",
                  (double)f->waiting);
    metric_single(m, "opsbot_alerts_held", GAUGE,
                  "Events in Redis or the journal that wait for Postgres",
                  (double)f->held_now);
    metric_single(m, "opsbot_alerts_overdue_seconds", GAUGE,
                  "How long the most overdue timer of alerts has been due",
                  metric_seconds(f->overdue_ms));
    metric_single(m, "opsbot_alerts_stream_up", GAUGE,
                  "1 while the alerts' stream can be read",
                  f->stream_unread_since == 0);
}

static void requests(struct metrics *m, const struct http_alerts_facts *f)
{
    char status[16];

    metric_family(m, "opsbot_alerts_requests_total", COUNTER,
                  "Requests about alerts and deployments, by path and status");
    for (size_t p = 0; p < HTTP_ALERTS_PATHS; p++)
        for (size_t s = 0; s < HTTP_ALERTS_STATUSES; s++) {
            snprintf(status, sizeof status, "%d", http_alerts_status(s));
            metric_value(m, (double)f->requests[p][s], "path",
                         http_alerts_path(p), "status", status);
        }
    metric_single(m, "opsbot_alerts_unreadable_total", COUNTER,
                  "Alerts and bodies of such requests that cannot be read",
                  (double)f->bad);
}

static void open_groups(struct metrics *m, const char *name, const char *help,
                        const int64_t counts[ALERT_SEVERITIES])
{
    metric_family(m, name, GAUGE, help);
    for (int i = 0; i < ALERT_SEVERITIES; i++)
        metric_value(m, (double)counts[i], "severity",
                     event_severity_name((enum alert_severity)i));
}

static void pages(struct metrics *m, const struct pager_facts *p)
{
    metric_family(m, "opsbot_pages_total", COUNTER,
                  "Pages, mails and incoming webhooks, by what came of them");
    metric_value(m, (double)p->sent, "result", "sent");
    metric_value(m, (double)p->failed, "result", "failed");
    metric_value(m, (double)p->later, "result", "later");
    metric_single(m, "opsbot_pages_waiting", GAUGE, "Those not sent yet",
                  (double)p->waiting);
    metric_single(m, "opsbot_pages_oldest_seconds", GAUGE,
                  "Age of the oldest of them", metric_seconds(p->oldest_ms));
}

/* Everybody says what stands, whoever leads: by Postgres it is the same. */
static void watch(struct metrics *m, const struct watch_facts *w)
{
    metric_family(m, "opsbot_watch_standing", GAUGE,
                  "Alerts of the bot itself that stand, by kind");
    for (int i = 0; i < OWN_KINDS; i++)
        metric_value(m, (double)w->standing[i], "kind",
                     own_name((enum own_kind)i));
    metric_family(m, "opsbot_watch_events_total", COUNTER,
                  "What this replica said of them");
    metric_value(m, (double)w->raised, "event", "raised");
    metric_value(m, (double)w->over, "event", "over");
    metric_family(m, "opsbot_watch_look_seconds", METRIC_HISTOGRAM,
                  "How long a look at the stores took");
    if (w->took)
        metric_histogram(m, w->took, NULL, NULL);
}

void metrics_alerts(struct metrics *m, const struct health_facts *f)
{
    const struct health_alerts *a = &f->alerts;

    events(m, f->tally);
    counted(m, &a->facts);
    requests(m, &a->http);
    open_groups(m, "opsbot_alerts_open", "Groups of alerts that are not over",
                a->facts.groups);
    open_groups(m, "opsbot_alerts_unacked", "… and that nobody has",
                a->facts.unacked);
    pages(m, &a->pages);
    watch(m, &a->watch);
}
