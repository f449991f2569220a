/*
 * job: the card of a bulk move while it runs and when it is over, and the
 * list of all. See job.h.
 */
#include "blocks/job.h"

#include <stdio.h>

#include "blocks/job_parts.h"
#include "blocks/render.h"
#include "blocks/words.h"

static bool is_open(const struct job *job)
{
    return job->state == JOB_RUNNING || job->state == JOB_CANCELLING;
}

static int64_t handled(const struct job *job)
{
    return job->moved + job->gone + job->refused;
}

/* Entries that nothing was done to. */
static int64_t left(const struct job *job)
{
    int64_t n = job->total - handled(job);

    return n > 0 ? n : 0;
}

/* "1,200 of 4,102". */
static const char *count_of(struct card *card, const struct job *job)
{
    char moved[WORDS_TEXT], total[WORDS_TEXT];

    return say_fmt(card, "%s of %s", words_count(job->moved, moved),
                   words_count(job->total, total))
        .text;
}

static struct span by(const struct job *job)
{
    return say_user(job->actor, job->actor_name);
}

static struct span op_of(struct card *card, const struct job *job)
{
    char op[WORDS_TEXT];

    return say_fmt(card, " · op %s", words_op(job->id, op));
}

/* ---- while it runs --------------------------------------------------------------- */

static int percent(const struct job *job)
{
    int64_t part = job->total > 0 ? handled(job) * 100 / job->total : 100;

    return part > 100 ? 100 : (int)part;
}

/* Until it is over, by its rate or else by its speed so far; -1: not known. */
static int64_t remaining_ms(const struct job *job, int64_t now)
{
    int64_t so_far = now - job->started_at;

    if (job->rate > 0)
        return left(job) * 1000 / job->rate;
    if (!job->started_at || so_far <= 0 || handled(job) == 0)
        return -1;
    return left(job) * so_far / handled(job);
}

static struct span time_left(struct card *card, const struct job *job,
                             int64_t now)
{
    int64_t ms = remaining_ms(job, now);

    if (ms < 0 || *job->error)
        return say_text("");
    return say_fmt(card, " · %s%s left", ms < 1000 ? "" : "about ",
                   job_span(card, ms));
}

/* Not "Cancel": that is how one leaves a question with nothing done. */
static void stop_action(struct card *card, const struct job *job,
                        struct buf *line, struct action *out, bool replace)
{
    buf_str(line, "cancel");
    words_typed(line, job->id);
    *out = (struct action){
        .label = say_fmt(card, "Stop %s", job_words(job->kind)->stopping).text,
        .command = buf_text(line),
        .replace = replace
    };
}

static void running(struct card *card, const struct job *job,
                    const struct job_view *view)
{
    struct buf line = { 0 };
    struct action stop;

    card_title(card, *job->error ? TONE_WARN : job_words(job->kind)->tone,
               "%s · %s · %s (%d %%)%s", job_words(job->kind)->doing,
               job->stream, count_of(card, job), percent(job),
               *job->error ? " · waits" : "");
    card_lead(card, LINE(say_text("By "), by(job), op_of(card, job),
                         say_fmt(card, " · %s", job_pace(card, job->rate)),
                         time_left(card, job, view->now)));
    if (*job->error)
        card_row(card, LINE(say_text("It goes on by itself when it can: "),
                            say_text(job->error)));
    stop_action(card, job, &line, &stop, true);
    card_action(card, &stop);
    buf_dispose(&line);
}

static void cancelling(struct card *card, const struct job *job)
{
    card_title(card, job_words(job->kind)->tone, "%s · %s · stopping after %s",
               job_words(job->kind)->doing, job->stream, count_of(card, job));
    card_lead(card,
              LINE(say_text("Cancelled by "),
                   say_user(job->cancelled_by, job->cancelled_name),
                   op_of(card, job),
                   say_text(" · what is on its way is still moved, the rest "
                            "stays · begun by "),
                   by(job)));
}

/* ---- when it is over ------------------------------------------------------------- */

static void rest_rows(struct card *card, const struct job *job)
{
    char n[WORDS_TEXT];

    if (job->gone)
        card_row(card, LINE(say_fmt(card, "%s %s no longer there",
                                    words_count(job->gone, n),
                                    job->gone == 1 ? "was" : "were")));
    if (job->refused)
        card_row(
            card,
            LINE(say_fmt(card, "🟠 %s could not be moved and %s still in %s",
                         words_count(job->refused, n),
                         job->refused == 1 ? "is" : "are",
                         job_source(card, job->kind, job->stream, job->dlq))));
    if (job->refused && job->state == JOB_DONE && *job->error)
        card_detail(card, LINE(say_text(job->error)));
}

static void restore_line(struct buf *line, const char *stream)
{
    buf_str(line, "dlq restore");
    words_typed(line, stream);
    buf_str(line, " --all");
}

/* What was discarded can be had back. */
static void trash_rows(struct card *card, const struct job *job,
                       const struct job_view *view)
{
    struct buf line = { 0 };

    if (job->kind != JOB_DISCARD || job->moved == 0)
        return;
    restore_line(&line, job->stream);
    card_row(card, LINE(say_fmt(card, "Kept in the trash for %u day%s; ",
                                view->trash_days, words_s(view->trash_days)),
                        say_typed(card, buf_text(&line)),
                        say_text(" brings back all that is there")));
    job_trash_button(card, "Show the trash", job->stream);
    buf_dispose(&line);
}

static void done(struct card *card, const struct job *job)
{
    card_title(card, job->refused ? TONE_WARN : job_words(job->kind)->tone,
               "%s %s · %s", job_words(job->kind)->done, count_of(card, job),
               job->stream);
    card_lead(card,
              LINE(say_text("By "), by(job),
                   say_fmt(card, " in %s",
                           job_span(card, job->finished_at - job->started_at)),
                   op_of(card, job)));
}

/* "2,902 are still in notify.events.dlq". */
static struct span still_there(struct card *card, const struct job *job)
{
    char n[WORDS_TEXT];

    return say_fmt(card, "%s %s still in %s", words_count(left(job), n),
                   left(job) == 1 ? "is" : "are",
                   job_source(card, job->kind, job->stream, job->dlq));
}

static void cancelled(struct card *card, const struct job *job)
{
    card_title(card, TONE_INFO, "%s cancelled · %s · %s done",
               job_words(job->kind)->name, job->stream, count_of(card, job));
    card_lead(card,
              LINE(say_text("Cancelled by "),
                   say_user(job->cancelled_by, job->cancelled_name),
                   op_of(card, job), say_text(" · "), still_there(card, job),
                   say_text(" · begun by "), by(job)));
}

static void failed(struct card *card, const struct job *job)
{
    card_title(card, TONE_BAD, "%s failed · %s · %s done",
               job_words(job->kind)->name, job->stream, count_of(card, job));
    card_lead(card, LINE(say_text("Begun by "), by(job), op_of(card, job),
                         say_text(" · "), still_there(card, job)));
    if (*job->error)
        card_row(card, LINE(say_text("🔴 "), say_text(job->error)));
    card_row(card, LINE(say_text("What was moved stays moved, the rest is "
                                 "where it was. Put that right, then ask "
                                 "again for what is left.")));
}

/* Where nothing more will be done by itself, what one may do about it: look
 * first, then ask for all that is there by then. */
static void rest_buttons(struct card *card, const struct job *job)
{
    bool stopped = job->state == JOB_CANCELLED || job->state == JOB_FAILED;

    if (!job->refused && !(stopped && left(job) > 0))
        return;
    job_look_button(card, job->kind, job->stream);
    if (stopped)
        job_all_button(card, job->kind, job->stream);
}

void job_card(struct card *card, const struct job *job,
              const struct job_view *view)
{
    switch (job->state) {
    case JOB_RUNNING:
        running(card, job, view);
        break;
    case JOB_CANCELLING:
        cancelling(card, job);
        break;
    case JOB_DONE:
        done(card, job);
        break;
    case JOB_CANCELLED:
        cancelled(card, job);
        break;
    case JOB_FAILED:
        failed(card, job);
        break;
    }
    rest_rows(card, job);
    if (is_open(job))
        return;
    trash_rows(card, job, view);
    rest_buttons(card, job);
}

char *job_message(const struct job *job, const struct job_view *view,
                  const char *slash)
{
    struct card *card = card_new();
    char *body;

    card_slash(card, slash);
    card_nonce(card, job->id);
    job_card(card, job, view);
    body = render_message(card, RENDER_POST, 0);
    card_free(card);
    return body;
}

void job_answer_card(struct card *card, const struct job *job, bool before,
                     const struct job_view *view)
{
    const struct job_words *words = job_words(job->kind);
    struct buf line = { 0 };
    char n[WORDS_TEXT];

    if (before && !is_open(job)) {
        job_card(card, job, view);
        card_note(card, LINE(say_text("This was confirmed before; nothing "
                                      "more was changed.")));
        return;
    }
    card_title(card, words->tone, "%s %s of %s", words->doing,
               job_entries(card, job->total), job->stream);
    if (before)
        card_lead(card,
                  LINE(say_fmt(card, "Confirmed before%s: %s so far",
                               op_of(card, job).text, count_of(card, job))));
    else
        card_lead(card,
                  LINE(say_text(*job->channel ? "The card is in this channel"
                                              : "It has begun"),
                       op_of(card, job)));
    restore_line(&line, job->stream);
    if (job->kind == JOB_DISCARD)
        card_note(card, LINE(say_fmt(card, "Kept for %s day%s (",
                                     words_count(view->trash_days, n),
                                     words_s(view->trash_days)),
                             say_code("keep.trash"), say_text("): "),
                             say_typed(card, buf_text(&line)),
                             say_text(" brings back what is in the trash")));
    buf_dispose(&line);
}

/* ---- all of them ----------------------------------------------------------------- */

static const char *standing(struct card *card, const struct job *job,
                            int64_t now)
{
    switch (job->state) {
    case JOB_RUNNING:
        return say_fmt(card, "%d %%, %s%s%s", percent(job),
                       job_pace(card, job->rate),
                       time_left(card, job, now).text,
                       *job->error ? ", waits" : "")
            .text;
    case JOB_CANCELLING:
        return "stopping";
    case JOB_DONE:
        return say_fmt(card, "done in %s",
                       job_span(card, job->finished_at - job->started_at))
            .text;
    case JOB_CANCELLED:
        return "cancelled";
    case JOB_FAILED:
        break;
    }
    return "failed";
}

/* What somebody should look at. */
static const char *mark_of(const struct job *job)
{
    if (job->state == JOB_FAILED)
        return "🔴 ";
    return job->refused || (is_open(job) && *job->error) ? "🟠 " : "";
}

static void list_cells(struct card *card, const struct job *job)
{
    row_cell(card, "op", job->id);
    row_cell(card, "kind", job_kind_name(job->kind));
    row_cell(card, "stream", job->stream);
    row_cell(card, "state", job_state_name(job->state));
    row_cell_number(card, "total", job->total);
    row_cell_number(card, "moved", job->moved);
    row_cell_number(card, "gone", job->gone);
    row_cell_number(card, "refused", job->refused);
    if (job->rate > 0)
        row_cell_number(card, "rate", job->rate);
    row_cell(card, "by", *job->actor_name ? job->actor_name : job->actor);
    row_cell_at(card, "begun", job->created_at);
    row_cell_at(card, "finished", job->finished_at);
    row_cell(card, "error", job->error);
}

static void list_row(struct card *card, const struct job *job, int64_t now)
{
    bool stopped = job->state == JOB_CANCELLING || job->state == JOB_CANCELLED;
    struct buf line = { 0 };
    struct action stop;

    card_row(card, LINE(say_text(mark_of(job)),
                        say_fmt(card, "%s  ", job_words(job->kind)->name),
                        say_bold(job->stream),
                        say_fmt(card, "  %s  %s", count_of(card, job),
                                standing(card, job, now))));
    list_cells(card, job);
    card_detail(card,
                LINE(say_text("by "), by(job), say_text(" "),
                     say_when(job->created_at, now), op_of(card, job),
                     say_text(stopped ? " · cancelled by " : ""),
                     stopped ? say_user(job->cancelled_by, job->cancelled_name)
                             : say_text("")));
    if (*job->error)
        card_detail(card, LINE(say_text(job->error)));
    stop_action(card, job, &line, &stop, false);
    if (job->state == JOB_RUNNING)
        card_row_action(card, &stop);
    buf_dispose(&line);
}

static void page_button(struct card *card, const char *label, size_t page)
{
    char line[48];

    snprintf(line, sizeof line, "jobs --page %zu", page);
    card_action(card, &(struct action){
                          .label = label, .command = line, .replace = true });
}

void job_list_card(struct card *card, const struct job_page *page,
                   const struct job_view *view)
{
    size_t open = 0;

    for (size_t i = 0; i < page->count; i++) {
        open += is_open(&page->jobs[i]);
        list_row(card, &page->jobs[i], view->now);
    }
    if (page->count == 0)
        card_title(card, TONE_INFO,
                   page->page > 1 ? "No older jobs" : "There are no jobs");
    else if (open)
        card_title(card, TONE_INFO, "Jobs: %zu under way", open);
    else
        card_title(card, TONE_INFO, "Jobs: none is under way");
    if (page->page > 1)
        page_button(card, "Newer jobs", page->page - 1);
    if (page->more)
        page_button(card, "Older jobs", page->page + 1);
    page_button(card, "Look again", page->page);
}
