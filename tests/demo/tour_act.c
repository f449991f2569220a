/* tour_act: the steps that move and stop a lot; see tour_parts.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "tests/demo/paper.h"
#include "tests/demo/tour_parts.h"

#define MANY    2000  /* dead letters: at 200 a second, ten seconds */
#define CARD_MS 15000 /* for a card to say what it should */
#define LOOK_MS 50

/* ---- many dead letters ------------------------------------------------------ */

/* As of an outage of the hook an hour ago. */
static void outage(struct tour *t)
{
    redis_send(t->s->h, "EVAL %s 1 " DLQ " %d",
               "for n = 1, tonumber(ARGV[1]) do "
               "redis.call('XADD', KEYS[1], '*', 'traceId', 'bulk-' .. n, "
               "'severity', 'info', 'payload', '{\"channel\":\"#alerts\"}', "
               "'error', 'HTTP 500 from hooks.slack.com', "
               "'original_id', '15' .. (10000000000 + n) .. '-0', "
               "'attempts', '3', 'failed_at', '2026-01-02T03:04:05Z') end",
               MANY);
}

/* How many of them are in a stream. */
static long long count_in(struct tour *t, const char *key)
{
    return redis_number(
        t->s->h, "EVAL %s 1 %s",
        "local n = 0 "
        "for _, e in ipairs(redis.call('XRANGE', KEYS[1], '-', '+')) do "
        "for i = 1, #e[2], 2 do if e[2][i] == 'traceId' and "
        "e[2][i + 1]:sub(1, 5) == 'bulk-' then n = n + 1 end end end return n",
        key);
}

/* The first button of the last answer that begins so: heap, or NULL. */
static char *label_beginning(const struct tour *t, const char *begins)
{
    char *open = xasprintf("[%s", begins);
    const char *at = strstr(t->s->shown, open);
    const char *end = at ? strchr(at, ']') : NULL;

    free(open);
    return end ? xstrndup(at + 1, (size_t)(end - at) - 1) : NULL;
}

bool tour_bulk(struct tour *t)
{
    char *label;
    bool ok;

    outage(t);
    if (!says(t, ANN, "dlq requeue " STREAM " --all --rate 200") ||
        !shows(t, "200/s"))
        return false;
    if (!check(count_in(t, STREAM) == 0, "it was moved before it was asked"))
        return false;
    label = label_beginning(t, "Requeue ");
    ok = check(label != NULL, "no button to confirm with") && presses(t, label);
    free(label);
    return ok;
}

/* Until its card says so; the last answer is the card then. */
static bool some_moved(struct tour *t)
{
    static const char title[] = "Requeueing · " STREAM " · ";
    int64_t until = clock_mono_ms() + CARD_MS;
    long moved = 0;

    while (moved <= 0 && clock_mono_ms() < until) {
        char *card = stage_peek(t->s, ANN, title);

        if (card)
            moved = atol(strstr(card, title) + strlen(title));
        free(card);
        harness_sleep(moved > 0 ? 0 : LOOK_MS);
    }
    return check(moved > 0, "no card says that some were requeued") &&
           check(stage_watch(t->s, ANN, title, CARD_MS), "no card of the job");
}

/* Every one is in one of the two, once. */
static bool none_lost(struct tour *t)
{
    long long back = count_in(t, STREAM), dead = count_in(t, DLQ);

    printf("\n");
    paper_line(INK_DIM,
               "Redis itself: of %d, %lld came back to " STREAM
               " and %lld are still dead.",
               MANY, back, dead);
    return check(back > 0 && dead > 0 && back + dead == MANY,
                 "%lld are back, %lld dead, of %d", back, dead, MANY);
}

bool tour_cancel(struct tour *t)
{
    return some_moved(t) && presses(t, "Stop requeueing") &&
           check(stage_watch(t->s, ANN, "Requeue cancelled", CARD_MS),
                 "the card does not say that it was cancelled") &&
           shows(t, "@ann") && none_lost(t);
}

/* ---- stopping, starting ----------------------------------------------------- */

bool tour_halt_refused(struct tour *t)
{
    return says(t, BOB, "halt all just looking") && shows(t, "halt") &&
           shows(t, "operator") &&
           check(agents_halted(t->s->agents) == 0, "bob halted an agent");
}

/* What the card says of its targets: "stopped 3/8"; heap, or NULL. */
static char *progress(struct tour *t, const char *title, const char *word)
{
    char *card = stage_peek(t->s, ANN, title);
    char *at = card ? strstr(card, word) : NULL;
    char *said = at ? xstrndup(at, strcspn(at, "\n")) : NULL;

    free(card);
    return said;
}

/* Shows each step of a card that counts, and at its end the card. */
static bool counts_up(struct tour *t, const char *title, const char *word)
{
    int64_t until = clock_mono_ms() + CARD_MS;
    char *all = xasprintf("%s %d/%d", word, STAGE_AGENTS, STAGE_AGENTS);
    char *last = xstrdup(""), *now;
    bool over = false;

    printf("\n");
    while (!over && clock_mono_ms() < until) {
        now = progress(t, title, word);
        if (now && strcmp(now, last) != 0) {
            paper_line(INK_DIM, "the card: %s", now);
            free(last);
            last = xstrdup(now);
        }
        over = strstr(last, all) != NULL;
        free(now);
        harness_sleep(over ? 0 : LOOK_MS);
    }
    over = check(over, "the card stays at '%s', not '%s'", last, all) &&
           check(stage_watch(t->s, ANN, title, CARD_MS), "no card");
    free(last);
    free(all);
    return over;
}

bool tour_halt(struct tour *t)
{
    return says(t, ANN, "halt all maintenance window") &&
           shows(t, "halted all") && counts_up(t, "HALTED · all", "stopped") &&
           shows(t, "maintenance window") &&
           check(agents_halted(t->s->agents) == STAGE_AGENTS,
                 "%zu agents are halted", agents_halted(t->s->agents));
}

bool tour_halts(struct tour *t)
{
    return says(t, ANN, "halts") && shows(t, "maintenance window") &&
           shows(t, "@ann");
}

bool tour_unhalt(struct tour *t)
{
    return says(t, ANN, "unhalt all") && shows(t, "unhalt all?") &&
           check(agents_halted(t->s->agents) == STAGE_AGENTS,
                 "it was unhalted before it was asked") &&
           presses(t, "Unhalt all") &&
           counts_up(t, "Running again · all", "running") &&
           check(agents_halted(t->s->agents) == 0, "agents are still halted");
}
