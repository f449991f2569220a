/*
 * dlq_show: the cards of what is in one dead-letter queue, and of what was
 * discarded from it. See dlq.h.
 */
#include "blocks/dlq_parts.h"
#include "blocks/job_parts.h"
#include "blocks/words.h"

static void requeue_button(struct card *card, const struct dlq_page *p,
                           const char *id)
{
    struct buf line = { 0 }, confirm = { 0 };
    struct action action = dlq_action(&line, "dlq requeue", p->stream, id, 0);

    buf_fmt(&confirm,
            "Puts entry %s back into %.100s once and takes it out of the dead "
            "letters. Its consumer handles it again.",
            id, p->stream);
    action.label = "Requeue";
    action.confirm = buf_text(&confirm);
    card_row_action(card, &action);
    buf_dispose(&line);
    buf_dispose(&confirm);
}

static void discard_button(struct card *card, const struct dlq_page *p,
                           const char *id, unsigned days)
{
    struct buf line = { 0 }, confirm = { 0 };
    struct action action = dlq_action(&line, "dlq discard", p->stream, id, 0);

    buf_fmt(&confirm,
            "Moves entry %s of %.100s to the trash. It is kept there for %u "
            "day%s and can be restored.",
            id, p->stream, days, words_s(days));
    action.label = "Discard";
    action.confirm = buf_text(&confirm);
    card_row_action(card, &action);
    buf_dispose(&line);
    buf_dispose(&confirm);
}

static void restore_button(struct card *card, const struct dlq_page *p,
                           const char *id)
{
    struct buf line = { 0 };
    struct action action = dlq_action(&line, "dlq restore", p->stream, id, 0);

    action.label = "Restore";
    action.confirm = "Takes the entry out of the trash: it is a dead letter "
                     "again.";
    card_row_action(card, &action);
    buf_dispose(&line);
}

static struct span attempts(struct card *card, const struct dlq_entry *e)
{
    if (e->attempts < 0)
        return say_text("");
    return say_fmt(card, "   %lld attempt%s", (long long)e->attempts,
                   words_s(e->attempts));
}

static void entry_cells(struct card *card, bool trash,
                        const struct dlq_entry *e, int64_t now)
{
    row_cell(card, "id", e->id);
    row_cell_at(card, trash ? "discarded" : "dead_since", now - e->age_ms);
    row_cell_number(card, "attempts", e->attempts);
    row_cell(card, "original_id", e->original_id);
    if (trash)
        row_cell(card, "dead_id", e->dead_id);
    row_cell(card, "error", e->error);
}

static void entry_row(struct card *card, const struct dlq_page *p,
                      const struct dlq_entry *e, int64_t now)
{
    card_row(card, LINE(say_code(e->id),
                        say_text(p->trash ? "  discarded " : "  dead since "),
                        say_when(now - e->age_ms, now), attempts(card, e)));
    entry_cells(card, p->trash, e, now);
    if (p->trash && e->dead_id && *e->dead_id)
        card_detail(
            card, LINE(say_text("was the dead letter "), say_code(e->dead_id)));
    if (*e->error)
        card_detail(card, LINE(say_text("error: "), say_text(e->error)));
    if (*e->original_id)
        card_detail(card,
                    LINE(say_text("originally "), say_code(e->original_id)));
    if (*e->preview)
        card_payload(card, e->preview);
}

/* ---- pages ------------------------------------------------------------------- */

static void page_button(struct card *card, const struct dlq_page *p, bool trash,
                        const char *label, size_t page)
{
    struct buf line = { 0 };
    struct action action = dlq_action(&line, "dlq show", p->stream, NULL, page);

    if (trash)
        buf_str(&line, " --trash");
    action.command = buf_text(&line);
    action.label = label;
    card_action(card, &action);
    buf_dispose(&line);
}

static void page_buttons(struct card *card, const struct dlq_page *p,
                         bool trash)
{
    if (p->page > 1)
        page_button(card, p, trash, "Previous page", p->page - 1);
    if (p->page < p->pages)
        page_button(card, p, trash, "Next page", p->page + 1);
    page_button(card, p, trash, "Look again", p->page);
}

static void page_lead(struct card *card, const struct dlq_page *p)
{
    char pages[WORDS_TEXT], page[WORDS_TEXT];

    if (p->depth > 1)
        card_lead(card, LINE(say_fmt(card, "Page %s of %s, oldest first",
                                     words_count((int64_t)p->page, page),
                                     words_count((int64_t)p->pages, pages))));
}

static void all_button(struct card *card, const struct dlq_page *p,
                       const char *command, const char *label)
{
    struct buf line = { 0 };
    struct action action = dlq_all_action(&line, command, p->stream);

    action.label = label;
    card_action(card, &action);
    buf_dispose(&line);
}

/* ---- the cards --------------------------------------------------------------- */

void dlq_show_card(struct card *card, const struct dlq_page *p,
                   const struct dlq_rights *may, int64_t now)
{
    char n[WORDS_TEXT];

    if (p->depth == 0) {
        card_title(card, TONE_OK, "No dead letters in %s", p->stream);
        card_action(card, &(struct action){ .label = "All queues",
                                            .command = "dlq list" });
        if (may->restore)
            job_trash_button(card, "Show the trash", p->stream);
        return;
    }
    card_title(card, TONE_MAIL, "%s: %s dead letter%s", p->stream,
               words_count(p->depth, n), words_s(p->depth));
    page_lead(card, p);
    for (size_t i = 0; i < p->count; i++) {
        entry_row(card, p, &p->entries[i], now);
        if (may->requeue)
            requeue_button(card, p, p->entries[i].id);
        if (may->discard)
            discard_button(card, p, p->entries[i].id, may->trash_days);
    }
    if (!may->requeue)
        card_note(card, LINE(say_text("Requeueing needs the right "),
                             say_code("dlq.requeue")));
    page_buttons(card, p, false);
    if (may->requeue)
        all_button(card, p, "dlq requeue", "Requeue all…");
    if (may->discard)
        all_button(card, p, "dlq discard", "Discard all…");
}

void dlq_trash_card(struct card *card, const struct dlq_page *p,
                    const struct dlq_rights *may, int64_t now)
{
    char n[WORDS_TEXT];

    if (p->depth == 0) {
        card_title(card, TONE_OK, "Nothing in the trash of %s", p->stream);
        card_action(card, &(struct action){ .label = "All queues",
                                            .command = "dlq list" });
        return;
    }
    card_title(card, TONE_TRASH, "Trash of %s: %s entr%s", p->stream,
               words_count(p->depth, n), p->depth == 1 ? "y" : "ies");
    page_lead(card, p);
    for (size_t i = 0; i < p->count; i++) {
        entry_row(card, p, &p->entries[i], now);
        if (may->restore)
            restore_button(card, p, p->entries[i].id);
    }
    card_note(card, LINE(say_fmt(card, "Kept for %u day%s (", may->trash_days,
                                 words_s(may->trash_days)),
                         say_code("keep.trash"), say_text("), then deleted")));
    page_buttons(card, p, true);
    if (may->restore)
        all_button(card, p, "dlq restore", "Restore all…");
}
