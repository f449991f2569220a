/* confirm: see confirm.h. */
#include "blocks/confirm.h"

#include <string.h>

#include "blocks/words.h"
#include "core/base/text.h"

/* "`dlq requeue notify.events --all` · op 7F3K21". */
static void what_lead(struct card *card, const struct confirm *c,
                      const char *why)
{
    char op[WORDS_TEXT];

    card_lead(card, LINE(say_text(why), say_typed(card, c->act.text),
                         say_fmt(card, " · op %s", words_op(c->id, op))));
}

/* What was asked, once more; not where a secret was masked out of it. */
static void again_button(struct card *card, const struct confirm *c)
{
    if (!*c->act.text || strstr(c->act.text, TEXT_MASKED))
        return;
    card_action(card, &(struct action){ .label = "Ask again",
                                        .command = c->act.text,
                                        .replace = true });
}

void confirm_over_card(struct card *card, const struct confirm *c, int64_t now)
{
    char op[WORDS_TEXT];

    if (c->state == CONFIRM_USED) {
        card_title(card, TONE_INFO, "Confirmed before: %s", c->command);
        card_lead(card,
                  LINE(say_text("That was at "), say_when(c->used_at, now),
                       say_fmt(card, ", op %s; nothing more was changed",
                               words_op(c->id, op))));
        return;
    }
    if (c->state == CONFIRM_EXPIRED) {
        card_title(card, TONE_INFO, "Too late: nothing was changed");
        what_lead(card, c,
                  "What was shown is older than 5 min and may no longer be "
                  "true. ");
    } else {
        card_title(card, TONE_INFO, "Cancelled before: nothing was changed");
        what_lead(card, c, "It was withdrawn and cannot be confirmed: ");
    }
    again_button(card, c);
}

void confirm_note(struct card *card, const char *op)
{
    char shown[WORDS_TEXT];

    words_op(op, shown);
    card_note(card,
              LINE(say_fmt(card, "Valid for %d min, for you alone. Typed: ",
                           CONFIRM_MS / 60000),
                   say_typed(card, say_fmt(card, "confirm %s", shown).text),
                   say_text(" or "),
                   say_typed(card, say_fmt(card, "cancel %s", shown).text)));
}

void confirm_withdrawn_card(struct card *card, const struct confirm *c,
                            bool first)
{
    card_title(card, TONE_INFO, "%s: nothing was changed",
               first ? "Cancelled" : "Cancelled before");
    what_lead(card, c, "");
    again_button(card, c);
}
