/* health_row: one check, and how it came to that. See health.h. */
#include "blocks/health.h"

#include "blocks/words.h"

const char *health_icon(enum check_severity severity)
{
    switch (severity) {
    case CHECK_CRITICAL:
        return "🔴";
    case CHECK_HIGH:
        return "🟠";
    case CHECK_WARNING:
        break;
    }
    return "🟡";
}

const char *health_name(const struct config_check *spec)
{
    return spec->name ? spec->name : spec->id;
}

bool health_fails(const struct health_item *item)
{
    return item->state.mark == CHECK_FAILING || (item->in && !item->result.ok);
}

const struct check_result *health_newest(const struct health_item *item)
{
    if (item->in)
        return &item->result;
    return item->state.last.at ? &item->state.last : NULL;
}

static const char *finding(const struct health_item *item)
{
    const struct check_result *newest = health_newest(item);

    return newest ? newest->text : "not asked yet";
}

/* What its row says at a glance, or the word for it. */
static const char *state_of(const struct health_item *item)
{
    if (health_fails(item))
        return "failing";
    return item->in || item->state.mark == CHECK_PASSING ? "passing"
                                                         : "unknown";
}

void health_cells(struct card *card, const struct health_item *item,
                  const char *state)
{
    const struct check_result *newest = health_newest(item);

    row_cell(card, "check", item->spec->id);
    row_cell(card, "name", item->spec->name);
    row_cell(card, "severity", check_severity_name(item->spec->severity));
    row_cell(card, "state", state ? state : state_of(item));
    row_cell_at(card, "since", item->state.since);
    row_cell_at(card, "last_ok", item->state.last_ok);
    if (!newest)
        return;
    row_cell_number(card, "took_ms", newest->took_us / 1000);
    row_cell(card, "found", newest->text);
}

void health_row(struct card *card, const struct health_item *item)
{
    const struct config_check *spec = item->spec;
    bool fails = health_fails(item);
    bool known = item->state.mark != CHECK_UNKNOWN || item->in;

    card_row(card,
             LINE(say_text(fails   ? health_icon(spec->severity)
                           : known ? "✅"
                                   : "⏳"),
                  say_fmt(card, " %s  ", check_severity_name(spec->severity)),
                  say_bold(health_name(spec)),
                  say_fmt(card, "  %s", finding(item))));
    health_cells(card, item, NULL);
}

/* It fails by its mark, and its newest result is good. */
static void recovering(struct card *card, const struct health_item *item)
{
    if (item->state.mark == CHECK_FAILING && item->state.last.ok)
        card_detail(card,
                    LINE(say_fmt(card,
                                 "good again: %u of %u in a row until it "
                                 "counts as passing",
                                 item->state.in_row, item->spec->pass_after)));
}

void health_since(struct card *card, const struct health_item *item,
                  int64_t now)
{
    const struct check_state *s = &item->state;
    bool ever = s->last_ok > 0;

    if (s->mark == CHECK_PASSING && health_fails(item)) {
        card_detail(card,
                    LINE(say_fmt(card,
                                 "since just now: %u of %u in a "
                                 "row until it counts as failing",
                                 s->in_row, item->spec->fail_after),
                         say_text(ever ? " · last ok " : ""),
                         ever ? say_when(s->last_ok, now) : say_text("")));
        return;
    }
    if (!s->since)
        return;
    recovering(card, item);
    card_detail(card,
                LINE(say_text("since "), say_when(s->since, now),
                     say_text(!health_fails(item) ? ""
                              : ever              ? " · last ok "
                                                  : " · never ok so far"),
                     ever && health_fails(item) ? say_when(s->last_ok, now)
                                                : say_text("")));
}

void health_runbook(struct card *card, const struct health_item *item)
{
    if (item->spec->runbook)
        card_detail(card, LINE(say_link("Runbook", item->spec->runbook)));
}

/* ---- details ----------------------------------------------------------------------- */

static const char *mark_word(enum check_mark mark)
{
    switch (mark) {
    case CHECK_PASSING:
        return "passing";
    case CHECK_FAILING:
        return "failing";
    case CHECK_UNKNOWN:
        break;
    }
    return "not known";
}

static void history(struct card *card, const struct health_history *h,
                    int64_t now)
{
    for (size_t i = 0; i < h->count; i++) {
        const struct check_change *c = &h->changes[i];

        card_detail(card,
                    LINE(say_when(c->at, now),
                         say_fmt(card, "  %s → %s: %s", mark_word(c->from),
                                 mark_word(c->to), c->text)));
    }
}

static void one(struct card *card, const struct health_history *h, int64_t now)
{
    health_row(card, &h->item);
    health_since(card, &h->item, now);
    health_runbook(card, &h->item);
    history(card, h, now);
}

static void details_title(struct card *card, const struct health_history *list,
                          size_t count, const char *named)
{
    size_t failing = 0;

    for (size_t i = 0; i < count; i++)
        failing += health_fails(&list[i].item);
    if (failing)
        card_title(card, TONE_WARN,
                   "%zu check%s failing, and how it came "
                   "to that",
                   failing, failing == 1 ? " is" : "s are");
    else if (*named)
        card_title(card, TONE_OK, "How %s stood",
                   count == 1 ? "this check" : "these checks");
    else
        card_title(card, TONE_OK, "No check is failing");
}

void health_details_card(struct card *card, const struct health_history *list,
                         size_t count, const char *named, const char *unread,
                         int64_t now)
{
    struct buf b = { 0 };

    details_title(card, list, count, named);
    if (count == 0)
        card_lead(card, LINE(say_text("For how one stood: "),
                             say_typed(card, "health details <check>")));
    for (size_t i = 0; i < count; i++)
        one(card, &list[i], now);
    if (unread)
        card_note(card, LINE(say_fmt(card,
                                     "How it came to that is not known "
                                     "just now: %s.",
                                     unread)));
    buf_fmt(&b, "health%s", named);
    card_action(
        card, &(struct action){ .label = "Run now", .command = buf_text(&b) });
    buf_dispose(&b);
}
