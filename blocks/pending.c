/* pending: see pending.h. */
#include "blocks/pending.h"

#include <stdio.h>

#include "blocks/words.h"
#include "core/base/clock.h"

#define CONSUMERS_SHOWN 8

static int64_t pending_of(const struct pending *p)
{
    int64_t all = 0;

    for (size_t i = 0; i < p->count; i++)
        all += p->lists[i].group->pending;
    return all;
}

static bool waits(const struct group_info *g)
{
    return g->pending > 0 && g->oldest_pending_ms > STREAM_IDLE_MS;
}

/* ---- lines ------------------------------------------------------------------ */

static void title(struct card *card, const struct pending *p)
{
    const struct stream_info *s = &p->report.streams[0];
    int64_t all = pending_of(p);
    bool old = false;
    char n[WORDS_TEXT];

    for (size_t i = 0; i < p->count; i++)
        old = old || waits(p->lists[i].group);
    if (!s->exists)
        card_title(card, TONE_INFO, "%s is not in Redis yet", s->name);
    else if (s->group_count == 0)
        card_title(card, TONE_INFO, "%s has no consumer group", s->name);
    else if (all == 0)
        card_title(card, TONE_OK, "%s: nothing is pending", s->name);
    else
        card_title(card, old ? TONE_WARN : TONE_OK, "%s: %s pending", s->name,
                   words_count(all, n));
}

static void lead(struct card *card, const struct pending *p)
{
    if (!p->one)
        card_lead(card, LINE(say_text("Delivered to a consumer, and not "
                                      "acknowledged by it.")));
    else
        card_lead(card,
                  LINE(say_text("group "), say_bold(p->lists[0].group->name),
                       say_fmt(card, " · oldest first · page %zu of %zu",
                               p->page, p->pages)));
}

static void group_row(struct card *card, const struct group_info *g)
{
    char n[WORDS_TEXT], age[CLOCK_TEXT];

    if (g->pending > 0 && g->oldest_pending_ms >= 0)
        card_row(card, LINE(say_text(waits(g) ? "🟠 group " : "group "),
                            say_bold(g->name),
                            say_fmt(card,
                                    ": %s pending, the oldest entry is "
                                    "%s old",
                                    words_count(g->pending, n),
                                    clock_age(g->oldest_pending_ms, age))));
    else
        card_row(card, LINE(say_text("group "), say_bold(g->name),
                            say_fmt(card, ": %s pending",
                                    words_count(g->pending, n))));
}

static void consumer_lines(struct card *card, const struct group_info *g)
{
    size_t shown = 0, left = 0;

    for (size_t i = 0; i < g->consumer_count; i++) {
        const struct consumer_info *c = &g->consumers[i];
        char n[WORDS_TEXT], age[CLOCK_TEXT];

        if (c->pending == 0)
            continue;
        if (shown == CONSUMERS_SHOWN) {
            left++;
            continue;
        }
        card_detail(card, LINE(say_code(c->name),
                               say_fmt(card, " has %s, last seen %s ago",
                                       words_count(c->pending, n),
                                       clock_age(c->idle_ms, age))));
        shown++;
    }
    if (left)
        card_detail(card, LINE(say_fmt(card, "and %zu more consumer%s", left,
                                       words_s((int64_t)left))));
}

/* The same in a line: the rows are for the entries. */
static void consumers_note(struct card *card, const struct group_info *g)
{
    struct buf line = { 0 };
    size_t shown = 0;
    char n[WORDS_TEXT];

    for (size_t i = 0; i < g->consumer_count && shown < CONSUMERS_SHOWN; i++)
        if (g->consumers[i].pending > 0)
            buf_fmt(&line, "%s%s has %s", shown++ ? " · " : "",
                    g->consumers[i].name,
                    words_count(g->consumers[i].pending, n));
    if (shown)
        card_note(card, LINE(say_fmt(card, "%s", buf_text(&line))));
    buf_dispose(&line);
}

static struct span delivered(struct card *card, const struct pending_entry *e)
{
    return say_fmt(card, " · delivered %lld time%s", (long long)e->deliveries,
                   words_s(e->deliveries));
}

static struct span idle(struct card *card, const struct pending_entry *e)
{
    char age[CLOCK_TEXT];

    return say_fmt(card, " for %s", clock_age(e->idle_ms, age));
}

/* Under its group, where there are several. */
static void entry_detail(struct card *card, const struct pending_entry *e)
{
    card_detail(card,
                LINE(say_code(e->id), say_text("  with "),
                     say_code(e->consumer), idle(card, e), delivered(card, e)));
}

static void entry_row(struct card *card, const struct pending_entry *e,
                      int64_t now)
{
    card_row(card,
             LINE(say_code(e->id), say_text("  "),
                  say_when(entry_ms(e->id), now), say_text("  with "),
                  say_code(e->consumer), idle(card, e), delivered(card, e)));
}

/* ---- buttons ---------------------------------------------------------------- */

static void look_at(struct buf *line, const struct pending *p,
                    const char *group, size_t page)
{
    buf_str(line, "streams pending");
    words_typed(line, p->report.streams[0].name);
    if (group)
        words_typed(line, group);
    if (page > 1)
        buf_fmt(line, " --page %zu", page);
}

static void page_button(struct card *card, const struct pending *p,
                        const char *label, size_t page)
{
    struct buf line = { 0 };

    look_at(&line, p, p->one ? p->lists[0].group->name : NULL, page);
    card_action(card, &(struct action){ .label = label,
                                        .command = buf_text(&line),
                                        .replace = true });
    buf_dispose(&line);
}

static void group_button(struct card *card, const struct pending *p,
                         const struct group_info *g)
{
    struct buf line = { 0 };
    char label[80];

    look_at(&line, p, g->name, 1);
    snprintf(label, sizeof label, "Show %.60s", g->name);
    card_row_action(card, &(struct action){ .label = label,
                                            .command = buf_text(&line),
                                            .replace = true });
    buf_dispose(&line);
}

/* ---- the card --------------------------------------------------------------- */

static void all_groups(struct card *card, const struct pending *p)
{
    for (size_t i = 0; i < p->count; i++) {
        const struct pending_list *list = &p->lists[i];

        group_row(card, list->group);
        consumer_lines(card, list->group);
        for (size_t k = 0; k < list->count; k++)
            entry_detail(card, &list->entries[k]);
        if (list->group->pending > (int64_t)list->count)
            group_button(card, p, list->group);
    }
}

static void one_group(struct card *card, const struct pending *p, int64_t now)
{
    const struct pending_list *list = &p->lists[0];

    for (size_t k = 0; k < list->count; k++)
        entry_row(card, &list->entries[k], now);
    if (p->pages == PENDING_PAGES && p->page == p->pages)
        card_note(card, LINE(say_text("What is behind these is not looked "
                                      "at.")));
    consumers_note(card, list->group);
    if (p->page > 1)
        page_button(card, p, "Previous page", p->page - 1);
    if (p->page < p->pages)
        page_button(card, p, "Next page", p->page + 1);
}

void pending_card(struct card *card, const struct pending *p, int64_t now)
{
    title(card, p);
    if (pending_of(p) > 0)
        lead(card, p);
    if (p->one)
        one_group(card, p, now);
    else
        all_groups(card, p);
    page_button(card, p, "Look again", p->page);
}
