/* health: see health.h. The report; its rows are in health_row.c. */
#include "blocks/health.h"

#include <stdlib.h>
#include <string.h>

#include "blocks/sentence.h"
#include "blocks/words.h"
#include "core/base/clock.h"
#include "core/base/mem.h"

#define NAMES_SHOWN  40 /* on one line */
#define FAILING_ROWS 8  /* with what comes after, as many as Slack shows */
#define BRIEF        20 /* bytes of a finding that stands beside a name there */
#define SEVERITIES   3

static const enum check_severity severities[SEVERITIES] = { CHECK_CRITICAL,
                                                            CHECK_HIGH,
                                                            CHECK_WARNING };

/* ---- the bot itself ------------------------------------------------------------ */

static bool store_bad(const struct health_store *s)
{
    return s->down_since || s->refuses_since;
}

static bool self_bad(const struct health_self *s)
{
    return (!s->socket_off && s->socket_up_ms < 0) || store_bad(&s->redis) ||
           store_bad(&s->postgres) || s->outbox_undeliverable > 0 ||
           s->journal_waiting != 0 || s->alerts_held > 0 ||
           s->alerts_unread_since;
}

static void store_words(struct card *card, struct sentence *line,
                        const char *name, const struct health_store *s,
                        int64_t now)
{
    char us[WORDS_TEXT];

    if (s->down_since) {
        sentence_add(line, say_fmt(card, " · %s down since ", name));
        sentence_add(line, say_when(s->down_since, now));
    } else if (s->refuses_since) {
        sentence_add(line, say_fmt(card, " · %s takes no writes since ", name));
        sentence_add(line, say_when(s->refuses_since, now));
    } else if (s->us > 0) {
        sentence_add(line,
                     say_fmt(card, " · %s %s", name, words_us(s->us, us)));
    } else {
        sentence_add(line, say_fmt(card, " · %s up", name));
    }
}

static void outbox_words(struct card *card, struct sentence *line,
                         const struct health_self *s)
{
    char n[WORDS_TEXT], age[CLOCK_TEXT];

    if (s->outbox_waiting < 0)
        sentence_add(line, say_text(" · outbox not known"));
    else
        sentence_add(line, say_fmt(card, " · outbox %s",
                                   words_count(s->outbox_waiting, n)));
    if (s->outbox_waiting > 0)
        sentence_add(line, say_fmt(card, " (oldest %s)",
                                   clock_age(s->outbox_oldest_ms, age)));
    if (s->outbox_undeliverable > 0)
        sentence_add(line, say_fmt(card, ", %s undeliverable",
                                   words_count(s->outbox_undeliverable, n)));
}

static void journal_words(struct card *card, struct sentence *line,
                          const struct health_self *s)
{
    char n[WORDS_TEXT];

    if (s->journal_waiting < 0)
        sentence_add(line, say_text(" · no journal"));
    else if (s->journal_waiting > 0)
        sentence_add(line, say_fmt(card, " · journal %s waiting",
                                   words_count(s->journal_waiting, n)));
    else
        sentence_add(line, say_text(" · journal empty"));
}

/* Nothing while all is well: they have lists of their own. */
static void alerts_words(struct card *card, struct sentence *line,
                         const struct health_self *s, int64_t now)
{
    char n[WORDS_TEXT];

    if (s->alerts_held > 0)
        sentence_add(line, say_fmt(card, " · alerts held %s",
                                   words_count(s->alerts_held, n)));
    if (!s->alerts_unread_since)
        return;
    sentence_add(line, say_text(" · alerts not read since "));
    sentence_add(line, say_when(s->alerts_unread_since, now));
}

/* Small print, unless something in it is wrong. */
static void self_line(struct card *card, const struct health_self *s,
                      int64_t now)
{
    struct sentence line = { 0 };
    char age[CLOCK_TEXT], us[WORDS_TEXT];

    sentence_add(&line, say_text(self_bad(s) ? "🟠 opsbot: " : "opsbot: "));
    if (s->socket_off)
        sentence_add(&line, say_text("request URLs"));
    else if (s->socket_up_ms < 0)
        sentence_add(&line, say_text("socket not connected"));
    else
        sentence_add(&line, say_fmt(card, "socket up %s",
                                    clock_age(s->socket_up_ms, age)));
    if (s->slack_us > 0)
        sentence_add(&line,
                     say_fmt(card, " · Slack %s", words_us(s->slack_us, us)));
    outbox_words(card, &line, s);
    store_words(card, &line, "Redis", &s->redis, now);
    store_words(card, &line, "Postgres", &s->postgres, now);
    journal_words(card, &line, s);
    alerts_words(card, &line, s, now);
    if (self_bad(s))
        card_lead(card, line.spans);
    else
        card_note(card, line.spans);
}

/* ---- what is how ----------------------------------------------------------------- */

/* Asked now, and nothing is back. */
static bool item_out(const struct health_report *r,
                     const struct health_item *item)
{
    return r->asked && !item->in;
}

/* Neither failing, nor known to pass by now. */
static bool item_open(const struct health_report *r,
                      const struct health_item *item)
{
    return !health_fails(item) &&
           (item_out(r, item) || item->state.mark == CHECK_UNKNOWN);
}

static bool item_passes(const struct health_report *r,
                        const struct health_item *item)
{
    return !health_fails(item) && !item_open(r, item);
}

struct counts {
    size_t failing[SEVERITIES];
    size_t bad, open, passing;
};

static struct counts count(const struct health_report *r)
{
    struct counts c = { 0 };

    for (size_t i = 0; i < r->count; i++) {
        const struct health_item *item = &r->items[i];

        if (health_fails(item)) {
            c.failing[item->spec->severity]++;
            c.bad++;
        } else if (item_open(r, item)) {
            c.open++;
        } else {
            c.passing++;
        }
    }
    return c;
}

/* "2 critical, 1 high". */
static const char *failing_words(struct card *card, const struct counts *c)
{
    struct buf b = { 0 };
    const char *out;

    for (size_t i = 0; i < SEVERITIES; i++)
        if (c->failing[severities[i]])
            buf_fmt(&b, "%s%zu %s", b.len ? ", " : "",
                    c->failing[severities[i]],
                    check_severity_name(severities[i]));
    out = say_fmt(card, "%s", buf_text(&b)).text;
    buf_dispose(&b);
    return out;
}

static void title(struct card *card, const struct health_report *r,
                  const struct counts *c)
{
    bool critical = c->failing[CHECK_CRITICAL] > 0;

    if (r->configured == 0)
        card_title(card, TONE_INFO, "No health checks are configured");
    else if (c->bad)
        card_title(card, critical ? TONE_BAD : TONE_WARN, "%s · %s of %zu",
                   critical ? "UNHEALTHY" : "DEGRADED", failing_words(card, c),
                   r->count);
    else if (c->open)
        card_title(card, TONE_INFO,
                   "%zu of %zu check%s not in yet · 0 critical"
                   " failures so far",
                   c->open, r->count, words_s((int64_t)r->count));
    else
        card_title(card, TONE_OK, "HEALTHY · %zu check%s · 0 critical failures",
                   r->count, words_s((int64_t)r->count));
}

static void closing(struct card *card, const struct counts *c)
{
    size_t critical = c->failing[CHECK_CRITICAL];
    const char *word = "HEALTHY";

    if (critical)
        word = "UNHEALTHY";
    else if (c->bad)
        word = "DEGRADED";
    else if (c->open)
        word = "UNKNOWN";
    card_closing(card, LINE(say_fmt(card,
                                    "Overall Status: %s, Critical"
                                    " Failures: %zu",
                                    word, critical)));
}

/* ---- rows ------------------------------------------------------------------------ */

/* Worst severity first, else as they are configured. */
static const struct health_item **failing(const struct health_report *r,
                                          size_t *count)
{
    const struct health_item **out = xcalloc(r->count + 1, sizeof *out);

    *count = 0;
    for (size_t k = 0; k < SEVERITIES; k++)
        for (size_t i = 0; i < r->count; i++)
            if (r->items[i].spec->severity == severities[k] &&
                health_fails(&r->items[i]))
                out[(*count)++] = &r->items[i];
    return out;
}

/* " · a · b", at most so many, and how many more there are. */
static void add_name(struct buf *b, size_t shown, const char *name)
{
    if (shown < NAMES_SHOWN)
        buf_fmt(b, "%s%s", shown ? " · " : "", name);
}

static void add_more(struct buf *b, size_t all)
{
    if (all > NAMES_SHOWN)
        buf_fmt(b, " · and %zu more", all - NAMES_SHOWN);
}

/* One of several that share a row. */
static void cells_of_one(struct card *card, const struct health_item *item,
                         const char *state)
{
    row_item(card);
    health_cells(card, item, state);
}

static void failing_rows(struct card *card, const struct health_report *r)
{
    size_t count;
    const struct health_item **items = failing(r, &count);
    size_t rows = count > FAILING_ROWS ? FAILING_ROWS - 1 : count;
    struct buf b = { 0 };

    for (size_t i = 0; i < rows; i++) {
        health_row(card, items[i]);
        if (item_out(r, items[i]))
            card_detail(card, LINE(say_text("still being asked: this is what "
                                            "it said before")));
        health_since(card, items[i], r->now);
        health_runbook(card, items[i]);
    }
    for (size_t i = rows; i < count; i++)
        add_name(&b, i - rows, health_name(items[i]->spec));
    add_more(&b, count - rows);
    if (count > rows)
        card_row(card, LINE(say_text(health_icon(items[rows]->spec->severity)),
                            say_fmt(card, " %zu more failing: %s", count - rows,
                                    buf_text(&b))));
    for (size_t i = rows; i < count; i++)
        cells_of_one(card, items[i], NULL);
    buf_dispose(&b);
    free(items);
}

static const char *brief(const struct health_item *item, char out[WORDS_TEXT])
{
    const struct check_result *newest = health_newest(item);

    if (strlen(newest->text) <= BRIEF)
        return newest->text;
    return words_us(newest->took_us, out);
}

/* Names wrap on one line; each with what was found, if that is short. */
static void passing_row(struct card *card, const struct health_report *r,
                        size_t n)
{
    struct buf b = { 0 };
    char us[WORDS_TEXT];
    size_t shown = 0;

    for (size_t i = 0; i < r->count && shown < NAMES_SHOWN; i++) {
        const struct health_item *item = &r->items[i];

        if (!item_passes(r, item))
            continue;
        buf_fmt(&b, "%s%s %s", shown++ ? " · " : "", health_name(item->spec),
                brief(item, us));
    }
    if (n > shown)
        buf_fmt(&b, " · and %zu more", n - shown);
    if (n)
        card_row(card,
                 LINE(say_fmt(card, "✅ %zu passing: %s", n, buf_text(&b))));
    for (size_t i = 0; n && i < r->count; i++)
        if (item_passes(r, &r->items[i]))
            cells_of_one(card, &r->items[i], NULL);
    buf_dispose(&b);
}

static void open_row(struct card *card, const struct health_report *r, size_t n)
{
    struct buf b = { 0 };
    size_t shown = 0;

    for (size_t i = 0; i < r->count; i++)
        if (item_open(r, &r->items[i]))
            add_name(&b, shown++, health_name(r->items[i].spec));
    add_more(&b, n);
    if (n)
        card_row(card,
                 LINE(say_fmt(card, "⏳ %zu %s: %s", n,
                              r->asked ? "still being asked" : "not asked yet",
                              buf_text(&b))));
    for (size_t i = 0; n && i < r->count; i++)
        if (item_open(r, &r->items[i]))
            cells_of_one(card, &r->items[i],
                         item_out(r, &r->items[i]) ? "waiting" : NULL);
    buf_dispose(&b);
}

/* ---- around it ------------------------------------------------------------------- */

static void how_to_add(struct card *card)
{
    card_row(card,
             LINE(say_text("A check is a few lines under "), say_code("checks"),
                  say_text(" in the configuration file, for example:")));
    card_payload(card, "checks:\n"
                       "  - id: orchestrator\n"
                       "    kind: http\n"
                       "    severity: critical\n"
                       "    url: http://orchestrator.internal:8080/health\n");
    card_note(card, LINE(say_text("deploy/README.md names all kinds and what "
                                  "each can expect. The bot reads the file at "
                                  "its start, and again on SIGHUP.")));
}

static size_t missing(const struct health_report *r)
{
    size_t n = 0;

    for (size_t i = 0; i < r->count; i++)
        n += item_out(r, &r->items[i]);
    return n;
}

static void notes(struct card *card, const struct health_report *r)
{
    size_t out = missing(r);

    if (out)
        card_note(card, LINE(say_fmt(card,
                                     "%zu still being asked: the rest "
                                     "follows when it is in.",
                                     out)));
    if (r->asked && r->by)
        card_note(card, LINE(say_text("asked by "), say_user(r->by, r->by_name),
                             say_text(" · checked "), say_at(r->now)));
    else if (r->asked)
        card_note(card, LINE(say_text("checked "), say_when(r->now, r->now)));
    else
        card_note(card, LINE(say_text("Too many people are asking just now, "
                                      "so nothing was asked for you: this is "
                                      "how the checks stood.")));
}

static void buttons(struct card *card, const struct health_report *r)
{
    struct buf b = { 0 };

    buf_fmt(&b, "health%s", r->named);
    card_action(card, &(struct action){ .label = "Run again",
                                        .command = buf_text(&b),
                                        .replace = !r->by });
    buf_cut(&b, 0);
    buf_fmt(&b, "health details%s", r->named);
    card_action(
        card, &(struct action){ .label = "Details", .command = buf_text(&b) });
    buf_cut(&b, 0);
    buf_fmt(&b, "health%s --share", r->named);
    if (!r->by && !r->no_channel)
        card_action(card, &(struct action){ .label = "Share",
                                            .command = buf_text(&b) });
    buf_dispose(&b);
}

void health_card(struct card *card, const struct health_report *r)
{
    struct counts c = count(r);

    title(card, r, &c);
    self_line(card, &r->self, r->now);
    if (r->configured == 0) {
        how_to_add(card);
        return;
    }
    failing_rows(card, r);
    open_row(card, r, c.open);
    passing_row(card, r, c.passing);
    notes(card, r);
    buttons(card, r);
    closing(card, &c);
}
