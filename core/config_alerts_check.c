/*
 * config_alerts_check: what in the section `alerts` does not fit: names that
 * are there twice or nowhere, times, zones, URLs. Start-up and reload.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/calendar.h"
#include "core/base/zone.h"
#include "core/config_parts.h"

static bool same(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

/* Things with a name, one after the other: where they begin, how far apart
 * they are. The name is the first member of each. */
struct named {
    const char *list; /* "alerts.windows" */
    const void *first;
    size_t size;
};

static const char *name_at(const struct named *n, unsigned i)
{
    const char *name;

    memcpy(&name, (const char *)n->first + i * n->size, sizeof name);
    return name;
}

static void check_name(const struct named *n, unsigned i, struct problems *p)
{
    const char *name = name_at(n, i);
    char key[KEY_BYTES];

    config_key(key, n->list, i, ".name");
    if (!config_name(name)) {
        problem(p, key, "expected up to 64 letters, digits and . _ -");
        return;
    }
    for (unsigned j = 0; j < i; j++)
        if (same(name_at(n, j), name))
            problem(p, key, "`%s` is there already, as %s[%u]", name, n->list,
                    j);
}

/* ---- times of the day, days, zones -------------------------------------------------- */

static bool is_clock(const char *s)
{
    int minutes;

    return s && calendar_clock(s, &minutes) && !s[CALENDAR_CLOCK] &&
           minutes < 24 * 60;
}

/* "22:00-06:00", "18:00-24:00". One that ends as it begins is none. */
static bool is_span(const char *s)
{
    const char *end = s + CALENDAR_CLOCK + 1;
    int from, to;

    return calendar_clock(s, &from) && end[-1] == '-' &&
           calendar_clock(end, &to) && !end[CALENDAR_CLOCK] && from != to &&
           from < 24 * 60;
}

static bool is_day(const char *s)
{
    return s && calendar_weekday(s) >= 0 && !s[CALENDAR_DAY];
}

static bool is_days(const char *s)
{
    return is_day(s) || (calendar_weekday(s) >= 0 && s[CALENDAR_DAY] == '-' &&
                         is_day(s + CALENDAR_DAY + 1));
}

static void zone_known(const char *key, const char *zone, struct problems *p)
{
    if (zone && !zone_find(zone))
        problem(p, key,
                "`%.64s` is no time zone here: expected one like "
                "Europe/Berlin (package tzdata)",
                zone);
}

static void check_zone(const char *list, unsigned i, const char *zone,
                       struct problems *p)
{
    char key[KEY_BYTES];

    zone_known(config_key(key, list, i, ".zone"), zone, p);
}

static void check_window(const struct config_alerts *a, unsigned i,
                         struct problems *p)
{
    static const char list[] = "alerts.windows";
    const struct config_window *w = &a->windows[i];
    char key[PLACE_BYTES];

    check_name(&(struct named){ list, a->windows, sizeof *w }, i, p);
    for (unsigned j = 0; j < w->times_count; j++)
        if (!is_span(w->times[j]))
            problem(p, config_place(key, "%s[%u].times[%u]", list, i, j),
                    "expected hours like 22:00-06:00");
    for (unsigned j = 0; j < w->days_count; j++)
        if (!is_days(w->days[j]))
            problem(p, config_place(key, "%s[%u].days[%u]", list, i, j),
                    "expected days like mon-fri or sun");
    check_zone(list, i, w->zone, p);
}

/* ---- rotations ---------------------------------------------------------------------- */

static bool is_date(const char *s)
{
    int year, month, day;

    return s && calendar_date(s, &year, &month, &day);
}

static void check_rotation(const struct config_alerts *a, unsigned i,
                           struct problems *p)
{
    static const char list[] = "alerts.rotations";
    const struct config_rotation *r = &a->rotations[i];
    char key[PLACE_BYTES];

    check_name(&(struct named){ list, a->rotations, sizeof *r }, i, p);
    if (r->users_count == 0)
        problem(p, config_place(key, "%s[%u].users", list, i),
                "expected at least one Slack user id");
    for (unsigned j = 0; j < r->users_count; j++)
        if (!config_id(r->users[j]))
            problem(p, config_place(key, "%s[%u].users[%u]", list, i, j),
                    "expected a Slack user id");
    if (!is_clock(r->at))
        problem(p, config_place(key, "%s[%u].at", list, i),
                "expected a time of the day like 09:00");
    if (!is_day(r->day))
        problem(p, config_place(key, "%s[%u].day", list, i),
                "expected mon, tue, wed, thu, fri, sat or sun");
    if (!is_date(r->from))
        problem(p, config_place(key, "%s[%u].from", list, i),
                "expected a day like 2026-01-05");
    if (r->group && !config_id(r->group))
        problem(p, config_place(key, "%s[%u].group", list, i),
                "expected a Slack user group id");
    check_zone(list, i, r->zone, p);
}

/* ---- roads out ------------------------------------------------------------------------ */

static void check_hook(const struct config_alerts *a, unsigned i,
                       struct problems *p)
{
    static const char list[] = "alerts.hooks";
    const struct config_hook *h = &a->hooks[i];
    const struct config_url want = { "https://", "http://",
                                     "https://pager.example/v2/enqueue",
                                     h->token };
    char key[KEY_BYTES];

    check_name(&(struct named){ list, a->hooks, sizeof *h }, i, p);
    config_key(key, list, i, h->url_file ? ".url_file" : ".url");
    if (!h->url && !h->url_file)
        problem(p, key, "expected the URL, or its file as url_file");
    config_check_url(key, h->url, &want, p);
    if (h->token && !config_word(h->token, 4000))
        problem(
            p,
            config_key(key, list, i, h->token_file ? ".token_file" : ".token"),
            "expected a token without spaces");
}

/* Whoever knows it can post in our name: it is its own token. */
static void check_webhook(const struct config_alert_severity *s,
                          const char *section, struct problems *p)
{
    const struct config_url want = { "https://", "http://",
                                     "https://hooks.slack.com/services/…",
                                     s->webhook };
    char key[PLACE_BYTES];

    config_place(key, "%s.webhook%s", section, s->webhook_file ? "_file" : "");
    config_check_url(key, s->webhook, &want, p);
}

/* It becomes a header of a mail: no line ends, no names. */
static bool is_address(const char *s)
{
    const char *at = s ? strchr(s, '@') : NULL;

    return at && at > s && at[1] && !strchr(at + 1, '@') &&
           config_word(s, 254) && !strpbrk(s, "<>,;\"");
}

static void check_mail(const struct config_fallback *f, struct problems *p)
{
    static const struct config_url want = { "smtps://", "smtp://",
                                            "smtps://mail.example:465", NULL };
    char key[PLACE_BYTES];

    if (f->smtp_url && strchr(f->smtp_url, '@'))
        problem(p, "alerts.fallback.smtp_url",
                "expected nobody's name in it: there are smtp_user and "
                "smtp_password_file");
    else
        config_check_url("alerts.fallback.smtp_url", f->smtp_url, &want, p);
    if (f->smtp_url && !is_address(f->smtp_from))
        problem(p, "alerts.fallback.smtp_from",
                "expected an address like opsbot@example.com");
    if (f->smtp_url && f->smtp_to_count == 0)
        problem(p, "alerts.fallback.smtp_to", "expected at least one address");
    for (unsigned i = 0; i < f->smtp_to_count; i++)
        if (!is_address(f->smtp_to[i]))
            problem(p, config_place(key, "alerts.fallback.smtp_to[%u]", i),
                    "expected an address like oncall@example.com");
    if (f->smtp_user && !f->smtp_password && !f->smtp_password_file)
        problem(p, "alerts.fallback.smtp_user",
                "expected its smtp_password_file beside it");
    if (f->smtp_password && !f->smtp_user)
        problem(p, "alerts.fallback.smtp_password",
                "expected smtp_user beside it");
    config_check_file("alerts.fallback.smtp_ca", f->smtp_ca, p);
    if (f->smtp_ca && !f->smtp_url)
        problem(p, "alerts.fallback.smtp_ca", "expected smtp_url beside it");
    if (!f->smtp_url && f->smtp_to_count)
        problem(p, "alerts.fallback.smtp_to", "expected smtp_url beside it");
}

static void check_fallback(const struct config_alerts *a, struct problems *p)
{
    const char *hook = a->fallback.webhook;
    bool known = !hook;

    for (unsigned i = 0; i < a->hooks_count; i++)
        known = known || same(a->hooks[i].name, hook);
    if (!known)
        problem(p, "alerts.fallback.webhook", "`%.64s` is none of alerts.hooks",
                hook);
    if (a->fallback.after && a->fallback.after_ms == 0)
        problem(p, "alerts.fallback.after", "expected a time like 5m");
    check_mail(&a->fallback, p);
}

/* ---- doors in -------------------------------------------------------------------------- */

static void check_token(const struct config_alerts *a, unsigned i,
                        struct problems *p)
{
    static const char list[] = "alerts.tokens";
    const struct config_alert_token *t = &a->tokens[i];
    const struct config_token one = { t->name, t->token, t->token_file };
    char key[KEY_BYTES];

    config_check_token(list, i, &one, p);
    for (unsigned j = 0; j < i; j++) {
        if (same(a->tokens[j].name, t->name))
            problem(p, config_key(key, list, i, ".name"),
                    "`%s` is there already, as %s[%u]", t->name, list, j);
        if (same(a->tokens[j].token, t->token))
            problem(p, config_key(key, list, i, ""),
                    "the token of %s[%u] again: each needs its own", list, j);
    }
}

static void check_stream(const struct config_alerts *a, struct problems *p)
{
    if (!*a->stream)
        return;
    if (!config_word(a->stream, 500)) {
        problem(p, "alerts.stream", "expected a stream's key");
        return;
    }
    if (!config_word(a->group, 100))
        problem(p, "alerts.group", "expected a consumer group's name");
    if (!config_word(a->dead, 500) || same(a->dead, a->stream))
        problem(p, "alerts.dead", "expected a key other than the stream's own");
}

static void check_fields(const struct config_alert_fields *f,
                         struct problems *p)
{
    static const char *const keys[] = { "payload", "trace",   "severity",
                                        "title",   "message", "source",
                                        "labels",  "links",   "at",
                                        "runbook", "status",  "fingerprint" };
    const char *const names[] = { f->payload, f->trace,   f->severity,
                                  f->title,   f->message, f->source,
                                  f->labels,  f->links,   f->at,
                                  f->runbook, f->status,  f->fingerprint };
    char key[PLACE_BYTES];

    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        for (size_t j = 0; j < i; j++)
            if (same(names[i], names[j]))
                problem(p, config_place(key, "alerts.fields.%s", keys[i]),
                        "`%s` is alerts.fields.%s already", names[i], keys[j]);
}

void config_alerts_check(const struct config *cfg, struct problems *p)
{
    const struct config_alerts *a = &cfg->alerts;

    check_stream(a, p);
    check_fields(&a->fields, p);
    zone_known("alerts.zone", a->zone, p);
    for (int i = 0; i < ALERT_SEVERITIES; i++)
        check_webhook(&a->of[i], config_severity_keys[i], p);
    for (unsigned i = 0; i < a->windows_count; i++)
        check_window(a, i, p);
    for (unsigned i = 0; i < a->rotations_count; i++)
        check_rotation(a, i, p);
    for (unsigned i = 0; i < a->hooks_count; i++)
        check_hook(a, i, p);
    check_fallback(a, p);
    config_check_secret(a->secret_file ? "alerts.secret_file" : "alerts.secret",
                        a->secret, p);
    for (unsigned i = 0; i < a->tokens_count; i++)
        check_token(a, i, p);
    config_alerts_check_routes(cfg, p);
}
