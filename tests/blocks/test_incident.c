/* The cards of incidents. */
#include "blocks/incident.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/mem.h"
#include "tests/blocks/golden.h"
#include "tests/blocks/shown.h"

#define TEXT(s) ((char *)(size_t)(s))

static const struct incident_view all = {
    .now = NOW, .may_open = true, .may_update = true, .may_resolve = true
};

static struct incident opened(void)
{
    return (struct incident){
        .number = 12,
        .severity = INCIDENT_P0,
        .title = TEXT("Staging down"),
        .impact = TEXT("Nobody can deploy.\nThe <!channel> demo is at risk."),
        .channel = TEXT("C0INC"),
        .op = TEXT("7F3K21ABCDEFGHJK"),
        .opened_by = TEXT("U0LEE"),
        .opened_name = TEXT("lee"),
        .opened_at = NOW - 72 * MIN,
        .update = TEXT(""),
        .updated_by = TEXT(""),
        .updated_name = TEXT(""),
        .resolution = TEXT(""),
        .resolved_by = TEXT(""),
        .resolved_name = TEXT(""),
    };
}

static struct incident updated(void)
{
    struct incident i = opened();

    i.update = TEXT("The VPC connector is READY again.\n\nCloud SQL still "
                    "connects in 35 s.");
    i.updated_by = TEXT("U0ANN");
    i.updated_name = TEXT("ann");
    i.updated_at = NOW - 6 * MIN;
    i.due_minutes = 30;
    i.due_at = NOW + 24 * MIN;
    return i;
}

static struct incident resolved(void)
{
    struct incident i = updated();

    i.resolved = true;
    i.due_at = 0;
    i.resolution = TEXT("The certificate had expired; it is renewed.");
    i.resolved_by = TEXT("U0BEN");
    i.resolved_name = TEXT("ben");
    i.resolved_at = NOW - MIN;
    return i;
}

static struct card *card_of(struct incident i, struct incident_view view)
{
    struct card *card = card_new();

    incident_card(card, &i, &view);
    return card;
}

/* ---- one ------------------------------------------------------------------------ */

Test(incident_card, just_opened)
{
    shown("incident_open", card_of(opened(), all));
}

Test(incident_card, under_way)
{
    shown_text("incident_updated", card_of(updated(), all));
}

Test(incident_card, an_update_that_is_overdue)
{
    struct incident i = updated();

    i.due_at = NOW - 2 * MIN;
    shown_text("incident_overdue", card_of(i, all));
}

Test(incident_card, over)
{
    shown("incident_resolved", card_of(resolved(), all));
}

Test(incident_card, for_one_who_may_only_look)
{
    shown_text("incident_looked_at",
               card_of(updated(), (struct incident_view){ .now = NOW }));
}

/* No ages: it is read later than it is written. */
Test(incident_card, the_headline)
{
    struct incident i = updated();
    char *message = incident_headline(&i, "/bot");

    cr_expect_null(strstr(message, " ago"));
    shown_body("incident_headline", message);
}

Test(incident_card, lines_in_its_thread)
{
    struct incident i = updated(), over = resolved();
    struct incident_event said = { .kind = INCIDENT_UPDATED,
                                   .actor = TEXT("U0ANN"),
                                   .actor_name = TEXT("ann"),
                                   .text = i.update,
                                   .at = NOW },
                          end = said;
    char *update = incident_line(&i, &said, "/ops"), *last;

    end.kind = INCIDENT_RESOLVED;
    end.text = over.resolution;
    last = incident_line(&over, &end, "/ops");
    shown_body("incident_line", update);
    shown_body("incident_line_resolved", last);
}

/* All of it is there, and Slack takes it. */
Test(incident_card, the_longest_texts)
{
    struct buf text = { 0 };
    struct incident i = updated();
    struct incident_event event = { .kind = INCIDENT_UPDATED,
                                    .actor = TEXT("U0ANN"),
                                    .actor_name = TEXT(""),
                                    .at = NOW };
    char *line;

    for (size_t n = 0; n < INCIDENT_TEXT - 3; n++)
        buf_char(&text, n % 40 == 39 ? ' ' : 'x');
    buf_str(&text, "end");
    event.text = text.data;
    line = incident_line(&i, &event, "/ops");
    cr_expect(strstr(line, "end"), "%s", line);
    free(line);
    buf_cut(&text, 0);
    for (size_t n = 0; n < INCIDENT_TEXT; n++)
        buf_str(&text, "é");
    event.text = text.data;
    line = incident_line(&i, &event, "/ops");
    cr_expect_null(strstr(line, "\\ufffd"));
    cr_expect_null(strstr(line, "\xef\xbf\xbd"), "no half characters");
    free(line);
    buf_dispose(&text);
}

Test(incident_card, a_title_that_the_header_cuts_stands_below)
{
    struct incident i = opened();
    char title[INCIDENT_TITLE + 1];

    memset(title, 't', sizeof title - 1);
    title[sizeof title - 1] = '\0';
    i.title = title;
    shown_text("incident_long_title", card_of(i, all));
}

/* ---- answers -------------------------------------------------------------------- */

static void answers(const char *name, enum incident_result result,
                    struct incident i, enum incident_event_kind kind)
{
    struct incident_done done = { result, i };
    struct card *card = card_new();

    incident_done_card(card, &done, kind, NOW);
    shown_text(name, card);
}

Test(incident_card, what_came_of_it)
{
    struct incident nowhere = opened();

    nowhere.channel = TEXT("");
    answers("incident_done_open", INCIDENT_DONE, opened(), INCIDENT_OPENED);
    answers("incident_done_nowhere", INCIDENT_DONE, nowhere, INCIDENT_OPENED);
    answers("incident_done_before", INCIDENT_BEFORE, opened(), INCIDENT_OPENED);
    answers("incident_done_update", INCIDENT_DONE, updated(), INCIDENT_UPDATED);
    answers("incident_done_resolve", INCIDENT_DONE, resolved(),
            INCIDENT_RESOLVED);
    answers("incident_done_over", INCIDENT_OVER, resolved(), INCIDENT_UPDATED);
}

/* ---- many ----------------------------------------------------------------------- */

static struct card *list_of(struct incident_list list, bool resolved_too,
                            size_t page, struct incident_view view)
{
    struct card *card = card_new();

    incident_list_card(card, &list, resolved_too, page, &view);
    return card;
}

Test(incident_card, the_list)
{
    struct incident items[] = { updated(), opened(), resolved() };

    items[1].number = 14;
    items[1].severity = INCIDENT_P2;
    items[1].title = TEXT("Queue <@U0BOB> `lags`");
    items[1].due_at = NOW - MIN;
    items[2].number = 9;
    items[2].severity = INCIDENT_P3;
    shown(
        "incident_list",
        list_of((struct incident_list){ items, 3, true, 2, 31 }, true, 1, all));
    shown_text("incident_list_open",
               list_of((struct incident_list){ items, 2, false, 2, 31 }, false,
                       1, (struct incident_view){ .now = NOW }));
    shown_text("incident_list_second",
               list_of((struct incident_list){ items, 1, false, 11, 0 }, false,
                       2, all));
}

Test(incident_card, the_empty_list)
{
    shown_text("incident_list_none",
               list_of((struct incident_list){ 0 }, false, 1, all));
    shown_text("incident_list_past",
               list_of((struct incident_list){ .open = 3 }, false, 4, all));
}

Test(incident_card, the_timeline)
{
    struct incident i = updated();
    struct incident_event events[] = {
        { 2, INCIDENT_UPDATED, TEXT("U0ANN"), TEXT("ann"), i.update,
          NOW - 6 * MIN },
        { 1, INCIDENT_OPENED, TEXT("U0LEE"), TEXT("lee"), i.title,
          NOW - 72 * MIN },
    };
    struct incident_timeline t = { events, 2, true }, none = { 0 };
    struct card *card = card_new();

    incident_timeline_card(card, &i, &t, 2, &all);
    shown("incident_timeline", card);
    card = card_new();
    incident_timeline_card(card, &i, &none, 3, &all);
    shown_text("incident_timeline_past", card);
}
