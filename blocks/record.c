#include "blocks/record.h"

#include "blocks/words.h"

void record_rows(struct card *card, const struct record_view *v)
{
    if (v->place == RECORD_POSTGRES)
        return;
    if (v->postgres_since)
        card_row(card,
                 LINE(say_text("Postgres has been down since "),
                      say_when(v->postgres_since, v->now), say_text(".")));
    else
        card_row(card, LINE(say_text(v->postgres)));
    if (v->place == RECORD_NOWHERE)
        card_row(card,
                 LINE(say_text("✗ This is on record nowhere but in the log: "),
                      say_text(v->journal)));
    else
        card_row(card, LINE(say_fmt(
                           card,
                           "The record waits in %s and goes to Postgres "
                           "when that is back%s.",
                           v->place == RECORD_REDIS ? "Redis" : "the journal",
                           v->then)));
}
