/*
 * alert_rows: what a card shows between its state and its buttons: fields, its
 * alerts, what else is known. See alert_parts.h.
 */
#include "blocks/alert_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blocks/words.h"
#include "core/base/clock.h"
#include "core/base/text.h"

#define FIELD_TEXT 80 /* characters of one value */
#define ROW_TEXT   160
#define ROW_LABELS 4 /* of one alert: what differs */

/* ---- fields ---------------------------------------------------------------- */

static const char *cut_kept(struct card *card, const char *text, size_t most)
{
    char *line = text_first_line(text), *cut = text_cut(line, most);
    const char *kept = say_fmt(card, "%s", cut).text;

    free(line);
    free(cut);
    return kept;
}

static void label_field(struct card *card, const char *label,
                        const struct alert_group *g,
                        const struct alert_view *view, const char *const *names)
{
    const char *value = alert_first(g, view->alerts, names, NULL);

    if (*value)
        card_field(card, label,
                   LINE(say_text(cut_kept(card, value, FIELD_TEXT))));
}

static void since_field(struct card *card, const struct alert_group *g,
                        const struct alert_view *view)
{
    card_field(card, "Since", LINE(alert_when(g->started_at, view->now)));
}

static void count_field(struct card *card, const struct alert_group *g)
{
    char firing[WORDS_TEXT], total[WORDS_TEXT], some[WORDS_TEXT];
    bool alone = g->total <= 1 && !g->muted;

    if (alone)
        return;
    card_field(
        card, "Count",
        LINE(say_fmt(card, "%s firing", words_count(g->firing, firing)),
             g->total > g->firing
                 ? say_fmt(card, " of %s", words_count(g->total, total))
                 : say_text(""),
             g->fresh > 0 && g->fresh < g->total
                 ? say_fmt(card, " (+%s new)", words_count(g->fresh, some))
                 : say_text(""),
             g->muted > 0
                 ? say_fmt(card, " · %s silenced", words_count(g->muted, some))
                 : say_text("")));
}

static void owner_field(struct card *card, const struct alert_group *g,
                        const struct alert_view *view)
{
    static const char *const names[] = { "owner", "team", "squad", NULL };

    if (g->assignee[0])
        card_field(card, "Assigned to", LINE(say_user(g->assignee, "")));
    else
        label_field(card, "Owner", g, view, names);
}

static void dlq_field(struct card *card, const struct alert_context *c)
{
    const struct context_stream *s = c ? c->streams : NULL;
    char dead[WORDS_TEXT], grown[WORDS_TEXT];

    if (!c || !c->streams_count || s->dead <= 0)
        return;
    if (s->grown > 0)
        card_field(card, "DLQ",
                   LINE(say_fmt(card, "+%s in 10 m, %s in all",
                                words_count(s->grown, grown),
                                words_count(s->dead, dead))));
    else
        card_field(card, "DLQ",
                   LINE(say_fmt(card, "%s%s", words_count(s->dead, dead),
                                s->grown == 0 ? ", steady" : "")));
}

/* At most six. */
void alert_fields(struct card *card, const struct alert_group *g,
                  const struct alert_view *view)
{
    static const char *const impact[] = { "impact", "customer_impact", NULL };
    static const char *const env[] = { "env",     "environment", "stage",
                                       "cluster", "region",      "namespace",
                                       NULL };

    label_field(card, "Impact", g, view, impact);
    since_field(card, g, view);
    label_field(card, "Env", g, view, env);
    count_field(card, g);
    owner_field(card, g, view);
    dlq_field(card, view->context);
}

/* ---- texts ------------------------------------------------------------------- */

void alert_text(struct card *card, const char *text, size_t most)
{
    char *cut = text_cut(text, most), *at = cut;
    size_t line;

    for (; *at; at += line + (at[line] == '\n')) {
        line = strcspn(at, "\n");
        if (line)
            card_row(card, LINE(say_fmt(card, "%.*s", (int)line, at)));
    }
    free(cut);
}

/* ---- its alerts ---------------------------------------------------------------- */

/* "instance=web-3 · zone=b": what the others do not have. */
static void differing(struct buf *out, const struct group_alert *a,
                      const struct alert_group *g,
                      const struct group_alerts *alerts)
{
    size_t shown = 0;

    for (size_t i = 0; i < a->labels.count && shown < ROW_LABELS; i++) {
        const struct label *l = &a->labels.items[i];

        if (*alert_common(g, alerts, l->name))
            continue;
        buf_fmt(out, "%s%s=%s", shown++ ? " · " : "", l->name, l->value);
    }
}

static const char *mark_of(const struct group_alert *a)
{
    if (!a->firing)
        return "✅ ";
    return a->quiet_why[0] ? "🔕 " : "";
}

static struct span severity_of(struct card *card, const struct group_alert *a,
                               const struct alert_group *g)
{
    return a->severity != g->severity && a->firing
               ? say_fmt(card, "%s ", alert_severity_text(a->severity))
               : say_text("");
}

/* Where they differ in nothing that is a label, in what they say. */
static void alert_row(struct card *card, const struct group_alert *a,
                      const struct alert_group *g,
                      const struct alert_view *view)
{
    struct buf what = { 0 };
    char *first = text_first_line(a->message);

    differing(&what, a, g, view->alerts);
    if (strcmp(a->title, g->title) != 0 || !what.len)
        buf_fmt(&what, "%s%s", what.len ? " — " : "", a->title);
    else if (*first && strcmp(a->message, g->message) != 0)
        buf_fmt(&what, " — %s", first);
    card_detail(card,
                LINE(say_text(mark_of(a)), severity_of(card, a, g),
                     say_text(cut_kept(card, buf_text(&what), ROW_TEXT)),
                     say_text(a->firing ? " · since " : " · over "),
                     alert_when(a->firing ? a->at : a->ended, view->now),
                     a->quiet_why[0]
                         ? say_fmt(card, " · %s",
                                   cut_kept(card, a->quiet_why, FIELD_TEXT))
                         : say_text("")));
    free(first);
    buf_dispose(&what);
}

static void all_button(struct card *card, const struct alert_group *g,
                       int64_t all)
{
    char label[64], n[WORDS_TEXT];

    snprintf(label, sizeof label, "Show all %s", words_count(all, n));
    alert_button(
        card, card_row_action, g,
        &(struct alert_button){ .label = label, .command = "alert show A-#" });
}

/* One alone says nothing that the card does not say. */
void alert_rows(struct card *card, const struct alert_group *g,
                const struct alert_view *view)
{
    const struct group_alerts *list = view->alerts;
    size_t shown = 0;
    int64_t more;
    char n[WORDS_TEXT];

    if (!list || list->count < 2)
        return;
    card_row(card, LINE(say_bold("Alerts")));
    for (; shown < list->count && shown < ALERT_PAGE; shown++)
        alert_row(card, &list->items[shown], g, view);
    more = (g->total > (int64_t)list->count ? g->total : (int64_t)list->count) -
           (int64_t)shown;
    if (more <= 0)
        return;
    card_detail(card,
                LINE(say_fmt(card, "…and %s more", words_count(more, n))));
    if (!view->now)
        all_button(card, g, more + (int64_t)shown);
}

/* ---- what else is known ----------------------------------------------------------- */

static void row_command(struct card *card, const char *label,
                        const char *command, const char *word)
{
    struct buf line = { 0 };

    buf_str(&line, command);
    if (word)
        words_typed(&line, word);
    card_row_action(
        card, &(struct action){ .label = label, .command = buf_text(&line) });
    buf_dispose(&line);
}

static void halt_row(struct card *card, const struct context_halt *h,
                     int64_t now)
{
    card_row(card, LINE(say_text("⛔ "), say_bold("Halted"), say_text(" "),
                        say_code(h->scope), say_text(": "),
                        say_text(cut_kept(card, h->reason, FIELD_TEXT)),
                        say_text(" · by "), say_user(h->by, h->by),
                        say_text(" "), alert_when(h->at, now)));
    row_command(card, "Show halts", "halts", NULL);
}

static void stream_row(struct card *card, const struct context_stream *s)
{
    char dead[WORDS_TEXT], grown[WORDS_TEXT];

    card_row(card,
             LINE(say_text("📮 "), say_bold(s->name),
                  say_fmt(card, " %s dead letter%s", words_count(s->dead, dead),
                          words_s(s->dead)),
                  s->grown > 0 ? say_fmt(card, ", +%s in 10 m",
                                         words_count(s->grown, grown))
                               : say_text(""),
                  s->cause[0] ? say_fmt(card, " · mostly: %s",
                                        cut_kept(card, s->cause, FIELD_TEXT))
                              : say_text("")));
    row_command(card, "Show dead letters", "dlq show", s->name);
}

static void check_row(struct card *card, const struct context_check *k,
                      int64_t now)
{
    card_row(card, LINE(say_text("✗ "), say_bold(k->id), say_text(" fails: "),
                        say_text(cut_kept(card, k->why, FIELD_TEXT)),
                        say_text(" · since "), alert_when(k->since, now)));
    row_command(card, "Show the check", "health details", k->id);
}

static void deploy_row(struct card *card, const struct alert_context *c,
                       int64_t now)
{
    card_row(card,
             LINE(say_text("🚀 Last deployment: "), say_bold(c->deploy_service),
                  say_fmt(card, " %s",
                          cut_kept(card, c->deploy_version, FIELD_TEXT)),
                  c->deploy_by[0]
                      ? say_fmt(card, " by %s",
                                cut_kept(card, c->deploy_by, FIELD_TEXT))
                      : say_text(""),
                  say_text(" "), alert_when(c->deployed_at, now)));
    if (c->deploy_url[0])
        card_row_action(
            card, &(struct action){ .label = "Open it", .url = c->deploy_url });
}

void alert_context_rows(struct card *card, const struct alert_context *c,
                        int64_t now)
{
    if (!c)
        return;
    for (size_t i = 0; i < c->halts_count; i++)
        halt_row(card, &c->halts[i], now);
    for (size_t i = 0; i < c->streams_count; i++)
        if (c->streams[i].dead > 0)
            stream_row(card, &c->streams[i]);
    for (size_t i = 0; i < c->checks_count; i++)
        check_row(card, &c->checks[i], now);
    if (c->deployed_at)
        deploy_row(card, c, now);
}
