/* home_alerts: of App Home, alerts that nobody has. See home_parts.h. */
#include "blocks/home_parts.h"

#include "blocks/alert_parts.h"
#include "blocks/words.h"

#define ALERTS_SHOWN 5

static const struct span none = { .kind = SPAN_TEXT, .text = "" };

int64_t home_unacked(const struct home *home)
{
    return home->alerts_shown && home->alerts_known ? home->alerts.unacked : 0;
}

enum tone home_alerts_tone(const struct home *home)
{
    const struct group_list *list = &home->alerts;

    /* The worst comes first. */
    return list->count && list->items[0].severity == ALERT_CRITICAL ? TONE_BAD
                                                                    : TONE_WARN;
}

static void alert_item(struct place *p, const struct alert_group *g,
                       int64_t now)
{
    struct buf title = { 0 };

    alert_title(&title, g);
    home_item(p, LINE(say_bold(alert_id(p->card, g)), say_text("  "),
                      say_text(buf_text(&title)), say_text(" · since "),
                      say_when(g->started_at, now),
                      g->step_at ? say_text(" · escalates ") : none,
                      g->step_at ? say_when(g->step_at, now) : none));
    buf_dispose(&title);
}

static void all_have_somebody(struct place *p, const struct group_list *list)
{
    char open[WORDS_TEXT];

    if (!list->open)
        home_heading(p, TONE_OK, "No alerts: nothing fires");
    else
        home_heading(p, TONE_INFO, "%s alert%s, none without somebody",
                     words_count(list->open, open), words_s(list->open));
}

static void list_button(struct place *p, const struct group_list *list)
{
    if (list->open)
        card_action(p->card, &(struct action){
                                 .label = "Show alerts",
                                 .command = list->unacked ? "alerts --unacked"
                                                          : "alerts" });
}

void home_alerts(struct place *p, const struct home *home)
{
    const struct group_list *list = &home->alerts;
    size_t shown = least(list->count, ALERTS_SHOWN);
    char n[WORDS_TEXT];

    if (!home->alerts_shown)
        return;
    if (!home->alerts_known) {
        home_unknown(p, "Alerts", "Postgres", home->postgres.since, home->now);
        return;
    }
    if (!list->unacked) {
        all_have_somebody(p, list);
    } else {
        home_heading(p, home_alerts_tone(home), "%s alert%s unacknowledged",
                     words_count(list->unacked, n), words_s(list->unacked));
        for (size_t i = 0; i < shown; i++)
            alert_item(p, &list->items[i], home->now);
        home_more(p, (size_t)list->unacked, shown, "alerts --unacked");
    }
    list_button(p, list);
}
