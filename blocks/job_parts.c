/* job_parts: see job_parts.h. */
#include "blocks/job_parts.h"

#include "blocks/dlq_parts.h"
#include "blocks/words.h"
#include "core/base/clock.h"

const struct job_words *job_words(enum job_kind kind)
{
    static const struct job_words words[] = {
        [JOB_REQUEUE] = { TONE_REQUEUE, "Requeue", "Requeueing", "Requeued",
                          "requeueing" },
        [JOB_DISCARD] = { TONE_TRASH, "Discard", "Discarding", "Discarded",
                          "discarding" },
        [JOB_RESTORE] = { TONE_REQUEUE, "Restore", "Restoring", "Restored",
                          "restoring" },
    };

    return &words[kind];
}

const char *job_entries(struct card *card, int64_t n)
{
    char text[WORDS_TEXT];

    return say_fmt(card, "%s entr%s", words_count(n, text),
                   n == 1 ? "y" : "ies")
        .text;
}

const char *job_source(struct card *card, enum job_kind kind,
                       const char *stream, const char *dlq)
{
    if (kind == JOB_RESTORE)
        return say_fmt(card, "the trash of %s", stream).text;
    return say_fmt(card, "%s", dlq).text;
}

const char *job_span(struct card *card, int64_t ms)
{
    char text[CLOCK_TEXT];

    if (ms < 1000)
        return "less than a second";
    return say_fmt(card, "%s", clock_age(ms + 500, text)).text;
}

const char *job_pace(struct card *card, int rate)
{
    char text[WORDS_TEXT];

    if (rate <= 0)
        return "as fast as it goes";
    return say_fmt(card, "%s/s", words_count(rate, text)).text;
}

void job_trash_button(struct card *card, const char *label, const char *stream)
{
    struct buf line = { 0 };

    buf_str(&line, "dlq show");
    words_typed(&line, stream);
    buf_str(&line, " --trash");
    card_action(card,
                &(struct action){ .label = label, .command = buf_text(&line) });
    buf_dispose(&line);
}

void job_look_button(struct card *card, enum job_kind kind, const char *stream)
{
    struct buf line = { 0 };
    struct action action = dlq_action(&line, "dlq show", stream, NULL, 0);

    action.label = "Show what is left";
    if (kind == JOB_RESTORE)
        job_trash_button(card, "Show the trash", stream);
    else
        card_action(card, &action);
    buf_dispose(&line);
}

void job_all_button(struct card *card, enum job_kind kind, const char *stream)
{
    const char *command = say_fmt(card, "dlq %s", job_kind_name(kind)).text;
    struct buf line = { 0 };
    struct action action = dlq_all_action(&line, command, stream);

    action.label = say_fmt(card, "%s all…", job_words(kind)->name).text;
    card_action(card, &action);
    buf_dispose(&line);
}
