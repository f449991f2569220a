/* oncall: see oncall.h. */
#include "blocks/oncall.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "blocks/words.h"

/* ---- one turn --------------------------------------------------------------------- */

static void cells(struct card *card, const struct oncall *o)
{
    row_cell(card, "rotation", o->rotation->name);
    row_cell(card, "user", o->user);
    row_cell_at(card, "since", o->since);
    row_cell_at(card, "until", o->until);
    row_cell(card, "next", o->next);
    row_cell(card, "override_by", o->override_by);
}

static void by_word(struct card *card, const struct oncall *o)
{
    if (o->override)
        card_detail(card, LINE(say_text("stands in, by the word of "),
                               say_user(o->override_by, o->by_name)));
}

static void list_row(struct card *card, const struct oncall *o,
                     const struct oncall_view *view)
{
    card_row(card, LINE(say_bold(o->rotation->name), say_text("   "),
                        say_user(o->user, o->user_name), say_text("   since "),
                        say_when(o->since, view->now), say_text("   until "),
                        say_when(o->until, view->now), say_text(", then "),
                        say_user(o->next, o->next_name)));
    cells(card, o);
    by_word(card, o);
}

static void unsure(struct card *card, const struct oncall_view *view)
{
    if (!view->sure)
        card_note(card,
                  LINE(say_text("Postgres is away: somebody may stand in whom "
                                "I do not know of.")));
}

static void how_to_override(struct card *card, const char *rotation,
                            const struct oncall_view *view)
{
    char command[128];

    snprintf(command, sizeof command, "oncall override @user 4h%s%s",
             rotation[0] ? " " : "", rotation);
    if (view->may_override)
        card_note(card, LINE(say_text("Somebody else for a while: "),
                             say_typed(card, command)));
    else
        card_note(card, LINE(say_text("Standing in needs the right "),
                             say_code("oncall.override")));
}

static void look_again(struct card *card, const char *rotation)
{
    char command[96];

    snprintf(command, sizeof command, "oncall%s%s", rotation[0] ? " " : "",
             rotation);
    card_action(card, &(struct action){ .label = "Look again",
                                        .command = command,
                                        .replace = true });
}

/* ---- looking ------------------------------------------------------------------------ */

void oncall_list_card(struct card *card, const struct oncall *items,
                      size_t count, const struct oncall_view *view)
{
    if (count == 0) {
        card_title(card, TONE_INFO, "On call: nobody");
        card_lead(card, LINE(say_text("There are no rotations: they are "),
                             say_code("alerts.rotations"),
                             say_text(" in the configuration.")));
        return;
    }
    card_title(card, TONE_INFO, "On call: %zu rotation%s", count,
               words_s((int64_t)count));
    for (size_t i = 0; i < count; i++)
        list_row(card, &items[i], view);
    unsure(card, view);
    how_to_override(card, count == 1 ? items[0].rotation->name : "<rotation>",
                    view);
    look_again(card, "");
}

static void turn_row(struct card *card, const struct oncall *o,
                     const struct oncall_view *view)
{
    card_row(card, LINE(say_user(o->user, o->user_name), say_text("   from "),
                        say_when(o->since, view->now), say_text(" until "),
                        say_when(o->until, view->now)));
    cells(card, o);
    by_word(card, o);
}

/* "every Monday" is what `mon` is to people. */
static const char *day_word(const char *day)
{
    static const char *const names[] = { "Monday",   "Tuesday", "Wednesday",
                                         "Thursday", "Friday",  "Saturday",
                                         "Sunday" };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (day && strncasecmp(names[i], day, 3) == 0)
            return names[i];
    return "Monday";
}

static void terms(struct card *card, const struct config_rotation *r)
{
    card_note(card, LINE(say_fmt(card, "%u %s, changes every %s at %s (%s)",
                                 r->users_count,
                                 r->users_count == 1 ? "person" : "people",
                                 r->daily ? "day" : day_word(r->day), r->at,
                                 r->zone ? r->zone : "UTC")));
}

void oncall_card(struct card *card, const struct oncall *items, size_t count,
                 const struct oncall_view *view)
{
    const struct config_rotation *r = items[0].rotation;

    card_title(card, TONE_INFO, "On call: %s", r->name);
    card_lead(card,
              LINE(say_user(items[0].user, items[0].user_name),
                   say_text(" until "), say_when(items[0].until, view->now),
                   say_text(", then "),
                   say_user(items[0].next, items[0].next_name)));
    for (size_t i = 0; i < count; i++)
        turn_row(card, &items[i], view);
    unsure(card, view);
    terms(card, r);
    how_to_override(card, r->name, view);
    look_again(card, r->name);
}

/* ---- standing in ----------------------------------------------------------------------- */

void oncall_taken_card(struct card *card, const struct oncall_taken *t)
{
    char op[WORDS_TEXT];

    card_title(card, TONE_INFO, "On call: %s", t->rotation);
    if (t->instead[0])
        card_lead(card,
                  LINE(say_user(t->user, t->user_name), say_text(" until "),
                       say_at(t->until), say_text(", instead of "),
                       say_user(t->instead, t->instead_name)));
    else
        card_lead(card, LINE(say_user(t->user, t->user_name),
                             say_text(" until "), say_at(t->until)));
    card_note(card, LINE(say_text("by "), say_user(t->by, t->by_name),
                         say_fmt(card, " · op %s", words_op(t->op, op))));
    card_audience(card, AUDIENCE_CHANNEL);
}

void oncall_done_card(struct card *card, const struct oncall_taken *t,
                      int64_t before_at, int64_t now)
{
    char command[96];

    card_title(card, before_at ? TONE_INFO : TONE_OK, "On call: %s",
               t->rotation);
    if (before_at)
        card_lead(card,
                  LINE(say_text("This was done at "), say_when(before_at, now),
                       say_text("; nothing changed now.")));
    else
        card_lead(card, LINE(say_user(t->user, t->user_name),
                             say_text(" until "), say_when(t->until, now)));
    snprintf(command, sizeof command, "oncall %s", t->rotation);
    card_action(card, &(struct action){ .label = "Who is on call",
                                        .command = command });
}
