/* streams: see streams.h. */
#include "blocks/streams.h"

#include <stdio.h>

#include "blocks/words.h"
#include "core/base/clock.h"

#define GROUPS_SHOWN    4
#define CONSUMERS_SHOWN 8

/* ---- what a group's numbers say ------------------------------------------- */

/* Something waits, and longer than it should: pending for over a minute, or
 * undelivered with nobody there to take it. */
static bool group_waits(const struct group_info *g)
{
    bool nobody = g->idle_consumers == g->consumer_count;

    return (g->pending > 0 && g->oldest_pending_ms > STREAM_IDLE_MS) ||
           (g->lag > 0 && nobody);
}

static bool stream_waits(const struct stream_info *s)
{
    for (size_t i = 0; i < s->group_count; i++)
        if (group_waits(&s->groups[i]))
            return true;
    return false;
}

static void group_words(struct buf *line, const struct group_info *g)
{
    char n[WORDS_TEXT], age[CLOCK_TEXT];

    buf_fmt(line, "%s pending", words_count(g->pending, n));
    if (g->pending > 0 && g->oldest_pending_ms >= 0)
        buf_fmt(line, " (oldest %s)", clock_age(g->oldest_pending_ms, age));
    if (g->lag >= 0)
        buf_fmt(line, ", lag %s", words_count(g->lag, n));
    else
        buf_str(line, ", lag not known");
    buf_fmt(line, ", %zu consumer%s", g->consumer_count,
            words_s((int64_t)g->consumer_count));
    if (g->idle_consumers > 0)
        buf_fmt(line, " (%zu idle)", g->idle_consumers);
}

/* Ends the line: nothing when there is no entry. */
static void newest(struct span line[2], const char *before,
                   const struct stream_info *s, int64_t now)
{
    bool known = s->newest_age_ms >= 0;

    line[0] = say_text(known ? before : "");
    line[1] = known ? say_when(now - s->newest_age_ms, now) : say_text("");
}

/* ---- for machines ----------------------------------------------------------- */

static void stream_cells(struct card *card, const struct stream_info *s,
                         int64_t now)
{
    int64_t pending = 0, lag = 0;

    for (size_t i = 0; i < s->group_count; i++) {
        pending += s->groups[i].pending;
        if (lag >= 0)
            lag = s->groups[i].lag < 0 ? -1 : lag + s->groups[i].lag;
    }
    row_cell(card, "stream", s->name);
    if (!s->exists) {
        row_cell(card, "state", "not in Redis");
        return;
    }
    row_cell_number(card, "entries", s->length);
    row_cell_at(card, "newest",
                s->newest_age_ms < 0 ? 0 : now - s->newest_age_ms);
    row_cell_number(card, "groups", (int64_t)s->group_count);
    row_cell_number(card, "pending", pending);
    row_cell_number(card, "lag", lag);
}

static void group_cells(struct card *card, const struct group_info *g,
                        int64_t now)
{
    bool known = g->pending > 0 && g->oldest_pending_ms >= 0;

    row_cell(card, "group", g->name);
    row_cell_number(card, "pending", g->pending);
    row_cell_at(card, "oldest", known ? now - g->oldest_pending_ms : 0);
    row_cell_number(card, "lag", g->lag);
    row_cell_number(card, "consumers", (int64_t)g->consumer_count);
    row_cell_number(card, "idle", (int64_t)g->idle_consumers);
}

/* ---- all ------------------------------------------------------------------- */

static void group_line(struct card *card, const struct group_info *g)
{
    struct buf line = { 0 };

    group_words(&line, g);
    card_detail(card, LINE(say_text(group_waits(g) ? "🟠 " : ""),
                           say_text("group "), say_code(g->name),
                           say_fmt(card, ": %s", buf_text(&line))));
    buf_dispose(&line);
}

static void show_button(struct card *card, const struct stream_info *s)
{
    struct buf line = { 0 };
    char label[80];

    buf_str(&line, "streams");
    words_typed(&line, s->name);
    snprintf(label, sizeof label, "Show %.60s", s->name);
    card_row_action(
        card, &(struct action){ .label = label, .command = buf_text(&line) });
    buf_dispose(&line);
}

static void stream_row(struct card *card, const struct stream_info *s,
                       int64_t now)
{
    char n[WORDS_TEXT];
    struct span end[2];

    if (!s->exists) {
        card_row(card, LINE(say_bold(s->name), say_text("  not in Redis yet")));
        stream_cells(card, s, now);
        return;
    }
    newest(end, "   newest ", s, now);
    card_row(card, LINE(say_bold(s->name),
                        say_fmt(card, "  %s entr%s", words_count(s->length, n),
                                s->length == 1 ? "y" : "ies"),
                        end[0], end[1]));
    stream_cells(card, s, now);
    for (size_t i = 0; i < s->group_count && i < GROUPS_SHOWN; i++)
        group_line(card, &s->groups[i]);
    if (s->group_count > GROUPS_SHOWN)
        card_detail(card, LINE(say_fmt(card, "and %zu more groups",
                                       s->group_count - GROUPS_SHOWN)));
    if (s->group_count == 0)
        card_detail(card, LINE(say_text("no consumer group")));
    show_button(card, s);
}

static size_t count_waiting(const struct stream_report *report)
{
    size_t waiting = 0;

    for (size_t i = 0; i < report->count; i++)
        waiting += stream_waits(&report->streams[i]);
    return waiting;
}

static void streams_title(struct card *card, const struct stream_report *report,
                          size_t waiting)
{
    char of[WORDS_TEXT];

    if (report->count == 0)
        card_title(card, TONE_INFO, "There is no stream to show");
    else if (waiting)
        card_title(card, TONE_WARN, "%s stream%s wait%s",
                   words_of(waiting, report->count, of),
                   words_s((int64_t)report->count), waiting == 1 ? "s" : "");
    else
        card_title(card, TONE_OK, "%zu stream%s, nothing waits", report->count,
                   words_s((int64_t)report->count));
}

void streams_card(struct card *card, const struct stream_report *report,
                  int64_t now)
{
    size_t waiting = count_waiting(report);

    streams_title(card, report, waiting);
    if (report->count == 0)
        card_lead(card, LINE(say_text("None is configured, and no stream in "
                                      "Redis has a dead-letter queue.")));
    for (int waits = 1; waits >= 0; waits--)
        for (size_t i = 0; i < report->count; i++)
            if (stream_waits(&report->streams[i]) == waits)
                stream_row(card, &report->streams[i], now);
    if (report->cut)
        card_note(card, LINE(say_text("Redis holds so many keys that not all "
                                      "were looked at: there may be more "
                                      "streams. Name yours under "),
                             say_code("streams:"),
                             say_text(" in the configuration.")));
    if (waiting)
        card_note(card, LINE(say_text("A stream waits when an entry is pending "
                                      "for over 1 m, or undelivered with no "
                                      "consumer awake.")));
    card_action(card, &(struct action){ .label = "Look again",
                                        .command = "streams",
                                        .replace = true });
    card_action(card, &(struct action){ .label = "Dead letters",
                                        .command = "dlq list" });
}

/* ---- one ------------------------------------------------------------------- */

static void consumer_line(struct card *card, const struct consumer_info *c)
{
    char n[WORDS_TEXT], age[CLOCK_TEXT];

    card_detail(
        card,
        LINE(say_code(c->name),
             say_fmt(card, ": %s pending, last seen %s ago%s",
                     words_count(c->pending, n), clock_age(c->idle_ms, age),
                     c->idle_ms > STREAM_IDLE_MS ? ", idle" : "")));
}

static void group_row(struct card *card, const struct group_info *g,
                      int64_t now)
{
    struct buf line = { 0 };

    group_words(&line, g);
    card_row(card,
             LINE(say_text(group_waits(g) ? "🟠 group " : "group "),
                  say_bold(g->name), say_fmt(card, ": %s", buf_text(&line))));
    group_cells(card, g, now);
    for (size_t i = 0; i < g->consumer_count && i < CONSUMERS_SHOWN; i++)
        consumer_line(card, &g->consumers[i]);
    if (g->consumer_count > CONSUMERS_SHOWN)
        card_detail(card, LINE(say_fmt(card, "and %zu more consumers",
                                       g->consumer_count - CONSUMERS_SHOWN)));
    buf_dispose(&line);
}

static void again_button(struct card *card, const struct stream_info *s)
{
    struct buf line = { 0 };

    buf_str(&line, "streams");
    words_typed(&line, s->name);
    card_action(card, &(struct action){ .label = "Look again",
                                        .command = buf_text(&line),
                                        .replace = true });
    buf_dispose(&line);
}

void stream_card(struct card *card, const struct stream_report *report,
                 int64_t now)
{
    const struct stream_info *s = &report->streams[0];
    char n[WORDS_TEXT];
    struct span end[2];

    if (!s->exists) {
        card_title(card, TONE_INFO, "%s is not in Redis yet", s->name);
        card_lead(card, LINE(say_text("It is there once somebody adds an "
                                      "entry to it.")));
    } else {
        card_title(card, stream_waits(s) ? TONE_WARN : TONE_OK, "%s: %s entr%s",
                   s->name, words_count(s->length, n),
                   s->length == 1 ? "y" : "ies");
        newest(end, ", newest entry ", s, now);
        card_lead(card,
                  LINE(say_fmt(card, "%zu consumer group%s", s->group_count,
                               words_s((int64_t)s->group_count)),
                       end[0], end[1]));
    }
    for (size_t i = 0; i < s->group_count; i++)
        group_row(card, &s->groups[i], now);
    again_button(card, s);
    card_action(card, &(struct action){ .label = "All streams",
                                        .command = "streams",
                                        .replace = true });
}
