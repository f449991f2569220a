/* fired: see fired.h. */
#include "tests/core/alert/fired.h"

#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/core/config_files.h"

const struct config *fired_config;
int64_t fired_now;

static struct config *loaded;
static int serial;
static struct alert_done done;
static struct alert_group group;
static char text[20000];

static const char file[] = "channels: {ops: C0OPS}\n"
                           "alerts:\n"
                           "  storm: 0\n"
                           "  windows:\n"
                           "    - name: night\n"
                           "      times: ['22:00-06:00']\n"
                           "  policies:\n"
                           "    - name: page\n"
                           "      repeat: 1\n"
                           "      steps:\n"
                           "        - after: 5m\n"
                           "          to: [U1]\n"
                           "        - after: 10m\n"
                           "          to: [S2]\n"
                           "        - after: 15m\n"
                           "          to: [C0LEAD]\n"
                           "  inhibit:\n"
                           "    - name: down\n"
                           "      source: ['kind=~\"cause|both\"']\n"
                           "      target: ['kind=~\"effect|both\"']\n"
                           "      equal: [service]\n"
                           "  route:\n"
                           "    group_by: [service]\n"
                           "    routes:\n"
                           "      - name: two\n"
                           "        match: ['kind=two']\n"
                           "        channels: [C0TWO]\n"
                           "        continue: true\n"
                           "      - name: slow\n"
                           "        match: ['kind=slow']\n"
                           "        group_wait: 30s\n"
                           "      - name: wait\n"
                           "        match: ['kind=wait']\n"
                           "        group_wait: 30s\n"
                           "        escalation: page\n"
                           "      - name: bare\n"
                           "        match: ['kind=bare']\n"
                           "        group_interval: 0\n"
                           "        repeat_interval: 0\n"
                           "      - name: night\n"
                           "        match: ['kind=night']\n"
                           "        mute: [night]\n"
                           "      - name: paged\n"
                           "        match: ['kind=paged']\n"
                           "        escalation: page\n"
                           "        mention: [S9]\n"
                           "      - name: critical\n"
                           "        match: ['severity=critical']\n"
                           "        channels: [C0CRIT]\n"
                           "        escalation: page\n";

/* "more(3)!" */
static char *line(struct db *db, const struct config *cfg,
                  const struct alert_group *g, const struct step_line *l,
                  const struct route *route)
{
    char n[24] = "";

    (void)db;
    (void)cfg;
    (void)g;
    (void)route;
    if (l->change.n)
        snprintf(n, sizeof n, "(%lld)", (long long)l->change.n);
    return xasprintf("{\"text\":\"%s%s%s%s\"}",
                     group_reason_name(l->change.reason), n, l->tell ? "!" : "",
                     l->voice == VOICE_BROADCAST ? "^" : "");
}

void fired_start(void)
{
    posts_start();
    config_start();
    loaded = config_of(file);
    fired_config = loaded;
    fired_now = INT64_C(1767614400000); /* 2026-01-05 12:00 UTC, a Monday */
    serial = 0;
}

void fired_stop(void)
{
    alert_done_dispose(&done);
    group_dispose(&group);
    config_free(loaded);
    config_finish();
    posts_stop();
}

struct alert_world fired_world(struct db *db)
{
    return (struct alert_world){ .db = db,
                                 .config = fired_config,
                                 .replica = "r1",
                                 .line = line,
                                 .now = fired_now };
}

/* ---- events -------------------------------------------------------------------- */

static const char * or (const char *given, const char *otherwise)
{
    return given ? given : otherwise;
}

static void event_make(struct alert_event *e, const struct fired *f)
{
    *e = (struct alert_event){
        .id = f->id ? xstrdup(f->id) : xasprintf("news-%d", ++serial),
        .trace = xstrdup(or (f->trace, "")),
        .fingerprint = xstrdup(or (f->print, "a")),
        .source = xstrdup("test"),
        .resolved = f->resolved,
        .resolves = !f->by_hand,
        .title = xstrdup(or (f->title, "it is slow")),
        .message = xstrdup("very"),
        .runbook = xstrdup(""),
        .at = f->at         ? f->at
              : f->resolved ? 0
                            : fired_now,
        .ended = f->ended      ? f->ended
                 : f->resolved ? fired_now
                               : 0,
        .received = fired_now,
    };
    cr_assert(event_severity(fired_config, or (f->severity, "warning"),
                             &e->severity));
    labels_set(&e->labels, "severity", event_severity_name(e->severity));
    labels_set(&e->labels, "service", or (f->service, "pay"));
    labels_set(&e->labels, "source", "test");
    labels_set(&e->labels, "kind", or (f->label, ""));
}

struct alert_event *fired_events(const struct fired *list, size_t count)
{
    struct alert_event *events = xcalloc(count + 1, sizeof *events);

    for (size_t i = 0; i < count; i++)
        event_make(&events[i], &list[i]);
    return events;
}

struct taken fired_take(const struct fired *list, size_t count)
{
    struct alert_event *events = fired_events(list, count);
    struct alert_world world = fired_world(w.db);
    struct taken taken;

    cr_assert(alerts_take(&world, events, count, false, &taken, &w.err), "%s",
              w.err.text);
    events_free(events, count);
    return taken;
}

/* ---- people and the clock --------------------------------------------------------- */

struct alert_done *fired_change(const char *op, int64_t number,
                                const char *user, struct step_input in)
{
    struct act act = act_of(op, "ack");
    struct alert_world world = fired_world(w.db);

    act.user = user;
    act.user_name = user;
    alert_done_dispose(&done);
    cr_assert(alert_change(&world, &act, number, &in, &done, &w.err), "%s",
              w.err.text);
    return &done;
}

struct alert_done *fired_do(enum step_kind kind, int64_t number,
                            const char *user, const char *said)
{
    char op[40];

    snprintf(op, sizeof op, "op-%d", ++serial);
    return fired_change(
        op, number, user,
        (struct step_input){ .kind = kind, .text = said, .until = STEP_LEASE });
}

size_t fired_pass(int64_t ms)
{
    struct alert_world world;
    size_t fired;

    fired_now += ms;
    world = fired_world(w.db);
    cr_assert(alerts_due(&world, 1000, &fired, &w.err), "%s", w.err.text);
    return fired;
}

/* ---- looking ------------------------------------------------------------------------ */

struct alert_group *fired_group(int64_t number)
{
    bool found;

    group_dispose(&group);
    cr_assert(group_load(w.db, number, &group, &found, &w.err), "%s",
              w.err.text);
    cr_assert(found, "there is no A-%lld", (long long)number);
    return &group;
}

static const char *texts(const char *fmt, int64_t number)
{
    char query[500];
    char *got;

    snprintf(query, sizeof query, fmt, (long long)number);
    got = look_text(&w.s, query);
    snprintf(text, sizeof text, "%s", got);
    free(got);
    return text;
}

const char *fired_history(int64_t number)
{
    return texts("select coalesce(string_agg(reason, ' ' order by id), '')"
                 " from opsbot.alert_history where \"group\" = %lld",
                 number);
}

const char *fired_thread(int64_t number)
{
    return texts("select coalesce(string_agg(l.body::jsonb ->> 'text', ' '"
                 " order by l.id), '') from opsbot.outbox l"
                 " join opsbot.outbox c on c.id = l.thread_of"
                 " where c.thing = 'alert:%lld'",
                 number);
}

long fired_number(const char *fmt, ...)
{
    char query[2000];
    va_list args;

    va_start(args, fmt);
    vsnprintf(query, sizeof query, fmt, args);
    va_end(args);
    return look_number(&w.s, query);
}

void fired_check_counts(void)
{
    cr_assert_eq(
        fired_number(
            "select count(*) from opsbot.alert_groups g join (select"
            "  g.id, count(a.fingerprint) filter (where a.firing) as firing,"
            "  count(a.fingerprint) as total,"
            "  count(a.fingerprint) filter (where a.firing and"
            "   a.quiet_why <> '') as muted,"
            "  array[count(*) filter (where a.firing and a.severity = 0),"
            "   count(*) filter (where a.firing and a.severity = 1),"
            "   count(*) filter (where a.firing and a.severity = 2),"
            "   count(*) filter (where a.firing and a.severity = 3)] as by"
            "  from opsbot.alert_groups g left join opsbot.alerts a"
            "   on a.\"group\" = g.id group by g.id) c on c.id = g.id"
            " where g.firing <> c.firing or g.total <> c.total"
            "  or g.muted <> c.muted or g.by_severity <> c.by"
            "  or (g.firing = 0) <> (g.resolved_at is not null)"),
        0, "the counts of a group are not what its alerts say");
}
