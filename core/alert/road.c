/* road: second roads and fallback. See road.h. */
#include "core/alert/road.h"

#include <stdlib.h>
#include <string.h>

#include "core/alert/page.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/base/text.h"
#include "core/ops/outbox.h"

#define GIVE_UP_MS INT64_C(3600000) /* an hour later the text helps nobody */

/* The group whose card a row is. */
#define GROUP_OF                                                               \
    "case when o.thing like 'alert:%' then substr(o.thing, 7)::bigint end"

/*
 * Cards that nobody has seen and Slack did not take: refused for good, or
 * tried for long. $1: which severities have a webhook. A state that was told
 * by it already has its page: number, severity, and the version at which its
 * state changed. What waits for a limit ($5: its words) waits no longer than
 * that, and no other road would help it: it takes nobody's place in the list.
 */
static const struct db_stmt stmt_refused = {
    .name = "road_refused",
    .sql = "select g.id, o.channel, coalesce(o.error, ''),"
           " 'road:A-' || g.id || ':' || g.severity || ':' || g.turned"
           " from opsbot.outbox o join opsbot.alert_groups g"
           "  on g.id = " GROUP_OF
           " where o.thing like 'alert:%' and o.state in ('waiting',"
           "  'sending', 'undeliverable') and coalesce(o.ts, '') = ''"
           " and o.shown = 0 and o.attempts > 0"
           " and g.severity = any ($1::smallint[])"
           " and (o.state = 'undeliverable' or (o.attempts > 1 and"
           "  o.created_at < now() - case o.looks when 0 then $2::bigint"
           "  else $3::bigint end * interval '1 ms'"
           "  and not exists (select from jsonb_array_elements_text($5::jsonb)"
           "   as l (word) where strpos(coalesce(o.error, ''), l.word) > 0)))"
           " and not exists (select from opsbot.pages p where p.key ="
           "  'road:A-' || g.id || ':' || g.severity || ':' || g.turned)"
           " and (g.resolved_at is null or exists (select"
           "  from opsbot.pages p where p.\"group\" = g.id"
           "  and p.key like 'road:%'))"
           " order by g.severity, o.id limit $4::bigint",
    .params = 5,
};

/* Criticals without a card anywhere; what is silenced or out of hours wakes
 * nobody. What cannot be delivered at all has gone to channels.fallback, if
 * there is one ($2). */
static const struct db_stmt stmt_unposted = {
    .name = "road_unposted",
    .sql = "select distinct g.id from opsbot.outbox o"
           " join opsbot.alert_groups g on g.id = " GROUP_OF
           " where o.thing like 'alert:%' and o.created_at <"
           "  now() - $1::bigint * interval '1 ms' and (o.state in"
           "  ('waiting', 'sending') or (o.state = 'undeliverable'"
           "   and not $2::boolean)) and o.shown = 0"
           " and g.severity = 0 and g.resolved_at is null and g.acked_by = ''"
           " and g.quiet_why = ''"
           " and not exists (select from opsbot.outbox s"
           "  where s.thing = o.thing and (s.shown > 0 or s.ts <> ''))"
           " and not exists (select from opsbot.pages p where p.key in"
           "  ('fallback:A-' || g.id || ':hook',"
           "   'fallback:A-' || g.id || ':mail'))"
           " order by g.id limit $3::bigint",
    .params = 3,
};

struct look {
    struct db *db;
    const struct config *cfg;
    size_t pages;
    struct err *err;
};

/* ---- refused, or unreachable ------------------------------------------------------ */

/* "{0,1}": severities with a second road; criticals and high ones have it. */
static bool webhooks_of(const struct config *cfg, char out[8])
{
    struct buf b = { 0 };

    buf_char(&b, '{');
    for (int i = ALERT_CRITICAL; i <= ALERT_HIGH; i++)
        if (cfg->alerts.of[i].webhook)
            buf_fmt(&b, "%s%d", b.len > 1 ? "," : "", i);
    buf_char(&b, '}');
    memcpy(out, buf_text(&b), b.len + 1);
    buf_dispose(&b);
    return out[1] != '}';
}

/* Why the card is not there, to whoever reads its text instead. */
static char *text_of(const struct alert_group *g, const char *channel,
                     const char *error)
{
    char *words = page_words(g), *escaped = page_escaped(words);
    char *why = page_escaped(error[0] ? error : "not known");
    char *text =
        xasprintf("%s\n_Its card is not in <#%s>: %s._", escaped, channel, why);

    free(words);
    free(escaped);
    free(why);
    return text;
}

static bool put_road(struct look *l, const struct alert_group *g,
                     const char *channel, const char *error, const char *key)
{
    char *text = text_of(g, channel, error);
    char *body = json_text(member_str("text", text));
    char *target = xasprintf("slack:%s", event_severity_name(g->severity));
    bool ok = page_put(l->db,
                       &(struct page_new){ .key = key,
                                           .target = target,
                                           .group = g->number,
                                           .body = body,
                                           .give_up_ms = GIVE_UP_MS },
                       l->err);

    free(text);
    free(body);
    free(target);
    l->pages += ok;
    return ok;
}

static bool refused_one(struct look *l, const struct db_rows *rows, size_t i)
{
    struct alert_group g = { 0 };
    bool found, ok;

    if (!group_load(l->db, rows_int(rows, i, 0), &g, &found, l->err))
        return false;
    ok = !found || put_road(l, &g, rows_text(rows, i, 1), rows_text(rows, i, 2),
                            rows_text(rows, i, 3));
    group_dispose(&g);
    return ok;
}

static bool look_refused(struct look *l)
{
    char which[8], soon[TEXT_NUMBER], late[TEXT_NUMBER], most[TEXT_NUMBER];
    struct db_rows *rows = NULL;
    char *limits;
    bool ok;

    if (!webhooks_of(l->cfg, which))
        return true;
    limits = outbox_limit_words();
    ok = db_run(l->db, &stmt_refused, &rows, l->err, which,
                text_number(soon, ROAD_MS), text_number(late, ROAD_UNCLEAR_MS),
                text_number(most, ROAD_MOST), limits);
    free(limits);
    for (size_t i = 0; ok && i < rows_count(rows); i++)
        ok = refused_one(l, rows, i);
    rows_free(rows);
    return ok;
}

/* ---- unposted ------------------------------------------------------------------------ */

static bool put_hook(struct look *l, const struct alert_group *g)
{
    char *target = xasprintf("webhook:%s", l->cfg->alerts.fallback.webhook);
    char *key = xasprintf("fallback:A-%lld:hook", (long long)g->number);
    char *body = page_json(g, "unposted", key, 0, 0);
    bool ok = page_put(l->db,
                       &(struct page_new){ .key = key,
                                           .target = target,
                                           .group = g->number,
                                           .body = body,
                                           .give_up_ms = PAGE_GIVE_UP_MS },
                       l->err);

    free(target);
    free(key);
    free(body);
    l->pages += ok;
    return ok;
}

static bool put_mail(struct look *l, const struct alert_group *g)
{
    char *key = xasprintf("fallback:A-%lld:mail", (long long)g->number);
    char *subject = page_subject(g), *words = page_words(g);
    char *body = xasprintf("%s\n-- \nSlack could not be reached, so this comes"
                           " by mail. Its card will be posted when Slack is"
                           " back.\n",
                           words);
    bool ok = page_put(l->db,
                       &(struct page_new){ .key = key,
                                           .target = "mail",
                                           .group = g->number,
                                           .subject = subject,
                                           .body = body,
                                           .give_up_ms = PAGE_GIVE_UP_MS },
                       l->err);

    free(key);
    free(subject);
    free(words);
    free(body);
    l->pages += ok;
    return ok;
}

/* By both or by neither. */
static bool unposted_one(struct look *l, int64_t number)
{
    const struct config_fallback *f = &l->cfg->alerts.fallback;
    struct alert_group g = { 0 };
    bool found, ok;

    if (!group_load(l->db, number, &g, &found, l->err))
        return false;
    ok = !found ||
         (db_begin(l->db, l->err) && (!f->webhook || put_hook(l, &g)) &&
          (!f->smtp_url || put_mail(l, &g)) && db_commit(l->db, l->err));
    db_rollback(l->db);
    group_dispose(&g);
    return ok;
}

static bool look_unposted(struct look *l)
{
    const struct config_fallback *f = &l->cfg->alerts.fallback;
    bool caught = l->cfg->channels.fallback && l->cfg->channels.fallback[0];
    char after[TEXT_NUMBER], most[TEXT_NUMBER];
    struct db_rows *rows = NULL;
    bool ok;

    if (!f->after_ms || (!f->webhook && !f->smtp_url))
        return true;
    ok = db_run(l->db, &stmt_unposted, &rows, l->err,
                text_number(after, f->after_ms), caught ? "t" : "f",
                text_number(most, ROAD_MOST));
    for (size_t i = 0; ok && i < rows_count(rows); i++)
        ok = unposted_one(l, rows_int(rows, i, 0));
    rows_free(rows);
    return ok;
}

bool road_look(struct db *db, const struct config *cfg, size_t *pages,
               bool *posts, struct err *err)
{
    struct look l = { .db = db, .cfg = cfg, .err = err };
    bool ok = look_refused(&l) && look_unposted(&l) &&
              away_look(db, cfg->alerts.fallback.after_ms, posts, err);

    *pages = l.pages;
    return ok;
}
