/* dlq_list: the card of all dead-letter queues. See dlq.h. */
#include <stdio.h>

#include "blocks/dlq_parts.h"
#include "blocks/words.h"

#define NAMES_IN_A_LINE 20

static const char *arrivals(const struct dlq_summary *q, char out[64])
{
    char n[WORDS_TEXT];

    /* The sample is full of them: there may be more behind it. */
    if (q->arrived_10m > 0 && (size_t)q->arrived_10m == q->sampled &&
        q->depth > (int64_t)q->sampled)
        snprintf(out, 64, "+%s or more in 10 m",
                 words_count(q->arrived_10m, n));
    else if (q->arrived_10m > 0)
        snprintf(out, 64, "+%s in 10 m", words_count(q->arrived_10m, n));
    else
        snprintf(out, 64, "steady");
    return out;
}

static void cause_lines(struct card *card, const struct dlq_summary *q)
{
    char n[WORDS_TEXT];

    for (size_t i = 0; i < q->cause_count; i++)
        card_detail(card,
                    LINE(say_text(i ? "then: " : "top cause: "),
                         say_text(q->causes[i].text),
                         say_fmt(card, " ×%s",
                                 words_count((int64_t)q->causes[i].count, n))));
}

static void queue_buttons(struct card *card, const struct dlq_summary *q,
                          const struct dlq_rights *may)
{
    struct buf line = { 0 };
    struct action action;
    char label[80];

    snprintf(label, sizeof label, "Show %.60s", q->stream);
    action = dlq_action(&line, "dlq show", q->stream, NULL, 0);
    action.label = label;
    if (may->show)
        card_row_action(card, &action);
    action = dlq_all_action(&line, "dlq requeue", q->stream);
    action.label = "Requeue all…";
    if (may->requeue)
        card_row_action(card, &action);
    buf_dispose(&line);
}

static void queue_cells(struct card *card, const struct dlq_summary *q,
                        int64_t now)
{
    row_cell(card, "stream", q->stream);
    row_cell_number(card, "entries", q->depth);
    row_cell_at(card, "oldest", q->oldest_ms < 0 ? 0 : now - q->oldest_ms);
    row_cell_number(card, "arrived_10m", q->arrived_10m);
    if (q->cause_count)
        row_cell(card, "cause", q->causes[0].text);
}

static void queue_row(struct card *card, const struct dlq_summary *q,
                      const struct dlq_rights *may, int64_t now)
{
    char n[WORDS_TEXT], more[64];

    card_row(card,
             LINE(say_bold(q->stream),
                  say_fmt(card, "  %s   oldest ", words_count(q->depth, n)),
                  say_when(now - q->oldest_ms, now),
                  say_fmt(card, "   %s", arrivals(q, more))));
    queue_cells(card, q, now);
    cause_lines(card, q);
    queue_buttons(card, q, may);
}

static void empties_note(struct card *card, const struct dlq_overview *o)
{
    struct buf names = { 0 };
    size_t n = 0, empty = o->count - o->nonempty;

    if (empty == 0 || o->nonempty == 0)
        return;
    for (size_t i = 0; i < o->count && n < NAMES_IN_A_LINE; i++)
        if (o->queues[i].depth == 0)
            buf_fmt(&names, "%s%s", n++ ? ", " : "", o->queues[i].stream);
    if (empty > n)
        buf_fmt(&names, " and %zu more", empty - n);
    card_note(card, LINE(say_text("✅ no dead letters: "),
                         say_text(buf_text(&names))));
    buf_dispose(&names);
}

static void sample_note(struct card *card, const struct dlq_overview *o)
{
    char n[WORDS_TEXT];

    for (size_t i = 0; i < o->count; i++)
        if (o->queues[i].depth > (int64_t)o->queues[i].sampled) {
            card_note(card, LINE(say_fmt(card,
                                         "Causes from the newest %s entries of "
                                         "each queue",
                                         words_count(DLQ_SAMPLE, n))));
            return;
        }
}

static void list_title(struct card *card, const struct dlq_overview *o)
{
    char n[WORDS_TEXT], of[WORDS_TEXT];

    if (o->count == 0)
        card_title(card, TONE_INFO, "There is no dead-letter queue");
    else if (o->nonempty == 0)
        card_title(card, TONE_OK, "No dead letters in %zu stream%s", o->count,
                   words_s((int64_t)o->count));
    else
        card_title(card, TONE_MAIL, "Dead letters: %s in %s stream%s",
                   words_count(o->total, n),
                   words_of(o->nonempty, o->count, of),
                   words_s((int64_t)o->count));
}

void dlq_list_card(struct card *card, const struct dlq_overview *o,
                   const struct dlq_rights *may, int64_t now)
{
    list_title(card, o);
    if (o->count == 0)
        card_lead(card, LINE(say_text("No stream is configured, and no stream "
                                      "in Redis has a key that ends in "
                                      ".dlq.")));
    for (size_t i = 0; i < o->count; i++)
        if (o->queues[i].depth > 0)
            queue_row(card, &o->queues[i], may, now);
    empties_note(card, o);
    sample_note(card, o);
    if (o->cut)
        card_note(card, LINE(say_text("Redis holds so many keys that not all "
                                      "were looked at: there may be more "
                                      "queues. Name yours under "),
                             say_code("streams:"),
                             say_text(" in the configuration.")));
    card_action(card, &(struct action){ .label = "Look again",
                                        .command = "dlq list",
                                        .replace = true });
}
