/* audit: see audit.h. */
#include "blocks/audit.h"

#include <stdlib.h>
#include <string.h>

#include "blocks/words.h"

/* The line that asks for a page with the same filters. */
static void line_for(struct buf *line, const struct audit_view *view,
                     size_t page)
{
    const struct audit_filter *f = view->filter;

    buf_str(line, "audit");
    if (f->user) {
        buf_str(line, " --user");
        words_typed(line, f->user);
    }
    if (f->command) {
        buf_str(line, " --command");
        words_typed(line, f->command);
    }
    if (view->since) {
        buf_str(line, " --since");
        words_typed(line, view->since);
    }
    if (f->denied)
        buf_str(line, " --denied");
    if (page > 1)
        buf_fmt(line, " --page %zu", page);
}

static void page_button(struct card *card, const struct audit_view *view,
                        const char *label, size_t page)
{
    struct buf line = { 0 };

    line_for(&line, view, page);
    card_action(card, &(struct action){ .label = label,
                                        .command = buf_text(&line),
                                        .replace = true });
    buf_dispose(&line);
}

/* What the filters leave, as a sentence. */
static void filter_lead(struct card *card, const struct audit_view *view,
                        int64_t now)
{
    const struct audit_filter *f = view->filter;
    struct span nothing = say_text("");

    card_lead(card, LINE(say_fmt(card, "Page %zu, newest first", view->page),
                         f->denied ? say_text(", refusals only") : nothing,
                         say_text(f->user ? ", by " : ""),
                         f->user ? say_user(f->user, "") : nothing,
                         say_text(f->command ? ", of " : ""),
                         f->command ? say_code(f->command) : nothing,
                         say_text(f->since ? ", since " : ""),
                         f->since ? say_when(f->since, now) : nothing));
}

static const char *mark_of(const struct audit_event *e)
{
    if (strcmp(e->kind, "refusal") == 0)
        return "🚫 ";
    if (strcmp(e->kind, "attempt") == 0)
        return "🟠 ";
    return "";
}

/* What came of it. Keep sorted: outcome_of() bisects. */
static const struct outcome {
    const char *word, *text;
} outcomes[] = {
    { "already", "already so, nothing changed" },
    { "asked", "asked first" },
    { "busy", "not run: busy" },
    { "expired", "too late, nothing changed" },
    { "given up", "not done: I restarted" },
    { "gone", "not there, nothing changed" },
    { "input", "not understood" },
    { "late", "done without Redis" },
    { "postgres", "failed: Postgres" },
    { "redis", "failed: Redis" },
    { "refused", "refused: not all is healthy" },
    { "superseded", "not done: somebody acted before" },
};

static int by_word(const void *key, const void *entry)
{
    return strcmp(key, ((const struct outcome *)entry)->word);
}

static const char *outcome_of(const struct audit_event *e)
{
    const struct outcome *o;

    if (strcmp(e->kind, "attempt") == 0)
        return "begun, no outcome yet";
    o = bsearch(e->outcome, outcomes, sizeof outcomes / sizeof *outcomes,
                sizeof *outcomes, by_word);
    return o ? o->text : e->outcome;
}

static void event_cells(struct card *card, const struct audit_event *e)
{
    row_cell_at(card, "at", e->at);
    row_cell(card, "user", e->user);
    row_cell(card, "name", e->user_name);
    row_cell(card, "command", *e->text ? e->text : e->command);
    row_cell(card, "kind", e->kind);
    row_cell(card, "outcome", e->outcome);
    row_cell(card, "channel", e->channel);
    row_cell(card, "op", e->op);
}

static void event_row(struct card *card, const struct audit_event *e,
                      int64_t now)
{
    char op[WORDS_TEXT];
    const char *what = *e->text ? e->text : e->command;

    card_row(
        card,
        LINE(say_text(mark_of(e)), say_when(e->at, now), say_text("  "),
             say_user(e->user, e->user_name), say_text("  "),
             *what ? say_code(what) : say_text("(nothing typed)"),
             say_fmt(card, "  %s · ", outcome_of(e)),
             *e->channel ? say_channel(e->channel) : say_text("no channel"),
             say_fmt(card, " · op %s", words_op(e->op, op))));
    event_cells(card, e);
}

static void nothing_found(struct card *card, const struct audit_view *view)
{
    card_title(card, TONE_INFO,
               view->page > 1 ? "No more records" : "No record matches");
    card_row(card, LINE(say_text("Look further back or with fewer filters: "),
                        say_typed(card, "audit --since 30d")));
}

void audit_card(struct card *card, const struct audit_page *page,
                const struct audit_view *view, int64_t now)
{
    if (page->count == 0)
        nothing_found(card, view);
    else
        card_title(card, TONE_INFO, "Audit: %zu record%s%s", page->count,
                   words_s((int64_t)page->count),
                   page->more ? ", and older ones" : "");
    filter_lead(card, view, now);
    for (size_t i = 0; i < page->count; i++)
        event_row(card, &page->events[i], now);
    if (view->page > 1)
        page_button(card, view, "Newer records", view->page - 1);
    if (page->more)
        page_button(card, view, "Older records", view->page + 1);
}
