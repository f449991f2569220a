/* tour: see tour.h. */
#include "tests/demo/tour.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "tests/demo/message.h"
#include "tests/demo/paper.h"
#include "tests/demo/tour_parts.h"

#define SECRET  "hunter2" /* in the payloads of the feed */
#define CARD_MS 5000      /* for the public card */

static const char *step_now = "start";

const char *tour_step(void)
{
    return step_now;
}

/* ---- checking ------------------------------------------------------------ */

bool check(bool ok, const char *fmt, ...)
{
    va_list ap;

    if (ok)
        return true;
    fflush(stdout);
    fprintf(stderr, "demo: step \"%s\" failed: ", step_now);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
    return false;
}

bool shows(const struct tour *t, const char *text)
{
    return check(strcasestr(t->s->shown, text) != NULL,
                 "the answer does not show '%s'", text);
}

bool says(struct tour *t, const char *user, const char *text)
{
    return check(stage_say(t->s, user, text), "/ops %s has no answer", text);
}

bool presses(struct tour *t, const char *label)
{
    return check(stage_press(t->s, ANN, label, 1), "no button or answer: %s",
                 label);
}

/* ---- looking into Redis -------------------------------------------------- */

/* Remembers the oldest dead letter that the hook refused. */
static bool pick(struct tour *t)
{
    struct harness *h = t->s->h;
    char *found = redis_text(
        h, "EVAL %s 1 " DLQ,
        "for _, e in ipairs(redis.call('XRANGE', KEYS[1], '-', '+')) do "
        "local o, hook for i = 1, #e[2], 2 do "
        "if e[2][i] == 'original_id' then o = e[2][i + 1] end "
        "if e[2][i] == 'error' then hook = e[2][i + 1]:find('HTTP 500') end "
        "end if hook then return {e[1], o} end end return {}");
    char *second = strchr(found, '\n');

    free(t->id);
    free(t->original);
    t->id = t->original = NULL;
    if (second) {
        t->id = xstrndup(found, (size_t)(second - found));
        t->original = xstrdup(second + 1);
    }
    free(found);
    return check(second != NULL, "no dead letter of the hook in " DLQ);
}

/* How often the message is in its stream again. */
static long long times_back(struct tour *t)
{
    return redis_number(
        t->s->h, "EVAL %s 1 " STREAM " %s",
        "local n = 0 "
        "for _, e in ipairs(redis.call('XRANGE', KEYS[1], '-', '+')) do "
        "for i = 1, #e[2], 2 do if e[2][i] == 'original_id' and "
        "e[2][i + 1] == ARGV[1] then n = n + 1 end end end return n",
        t->original);
}

static bool proof(struct tour *t)
{
    long long dead = redis_number(t->s->h, "EVAL %s 1 " DLQ " %s",
                                  "return #redis.call('XRANGE', KEYS[1], "
                                  "ARGV[1], ARGV[1])",
                                  t->id);
    long long back = times_back(t);

    printf("\n");
    paper_line(INK_DIM,
               "Redis itself: %s is %s in " DLQ ", its message came "
               "back to " STREAM " %lld time%s.",
               t->id, dead ? "still" : "no longer", back, back == 1 ? "" : "s");
    return check(dead == 0, "the entry is still dead") &&
           check(back == 1, "the message is back %lld times", back);
}

/* ---- steps --------------------------------------------------------------- */

static bool step_help(struct tour *t)
{
    return says(t, ANN, "help") && shows(t, "dlq requeue") && shows(t, "audit");
}

static bool step_ping(struct tour *t)
{
    return says(t, ANN, "ping") && shows(t, "pong") && shows(t, "Redis") &&
           shows(t, "Postgres");
}

static bool step_whoami(struct tour *t)
{
    return says(t, ANN, "whoami") && shows(t, "ann") && shows(t, "operator");
}

static bool step_streams(struct tour *t)
{
    return says(t, ANN, "streams") && shows(t, "orders") && shows(t, STREAM) &&
           shows(t, "notifier") && shows(t, "pending") && shows(t, "lag");
}

static bool step_list(struct tour *t)
{
    return says(t, ANN, "dlq list") && shows(t, "Dead letters") &&
           shows(t, "from hooks.slack.com") &&
           shows(t, "missing field \"amount\"");
}

static bool step_show(struct tour *t)
{
    return presses(t, "Show " STREAM) && shows(t, "page 1 of") &&
           shows(t, "HTTP 500") && shows(t, "***") &&
           check(!strstr(t->s->shown, SECRET), "a password is shown");
}

static bool step_next(struct tour *t)
{
    return presses(t, "Next page") && shows(t, "page 2 of");
}

static bool requeues(struct tour *t)
{
    char *text = xasprintf("dlq requeue " STREAM " %s", t->id);
    bool ok = says(t, ANN, text);

    free(text);
    return ok;
}

static bool step_requeue(struct tour *t)
{
    return pick(t) && requeues(t) && shows(t, "requeued") &&
           check(stage_news(t->s, ANN, CARD_MS), "no card in the channel") &&
           check(strstr(t->s->news, t->id) && strstr(t->s->news, "@ann"),
                 "the card does not say what and who") &&
           proof(t);
}

static bool step_again(struct tour *t)
{
    return requeues(t) && shows(t, "Already requeued by @ann") && proof(t);
}

static bool step_refused(struct tour *t)
{
    char *text = xasprintf("dlq requeue " STREAM " %s", t->id);
    bool ok = says(t, BOB, text);

    free(text);
    return ok && shows(t, "dlq.requeue") && shows(t, "operator");
}

static bool step_typo(struct tour *t)
{
    return says(t, ANN, "dlq lst") && shows(t, "did you mean") &&
           shows(t, "dlq list");
}

static bool step_audit(struct tour *t)
{
    return says(t, ANN, "audit --since 10m --command dlq") &&
           shows(t, "dlq requeue") && shows(t, "@bob") && shows(t, "denied") &&
           check(!opsbot_log_has(t->s->h->bot, SECRET), "a password is logged");
}

/* Kills the bot and starts it again. */
static void pull_the_plug(struct tour *t)
{
    struct opsbot *bot = t->s->h->bot;
    int64_t from;

    paper_line(INK_BAD, "kill -9 %d", (int)opsbot_pid(bot));
    opsbot_kill9(bot);
    if (stage_news(t->s, ANN, 0))
        paper_line(INK_DIM, "It was quick and got this out.");
    else
        paper_line(INK_DIM, "No answer: Slack will tell ann that it timed out. "
                            "What the bot recorded it answers late.");
    from = clock_mono_ms();
    opsbot_restart(bot);
    opsbot_wait_ready(bot);
    t->back_ms = clock_mono_ms() - from;
    paper_line(INK_DIM,
               "Started again: connected and ready after %lld ms. Ann types it "
               "once more:",
               (long long)t->back_ms);
}

/* In the middle: whatever it had done by then, asking again gives one. */
static bool step_plug(struct tour *t)
{
    char *text;
    bool ok;

    if (!pick(t))
        return false;
    text = xasprintf("dlq requeue " STREAM " %s", t->id);
    stage_send(t->s, ANN, text);
    free(text);
    harness_sleep(1);
    pull_the_plug(t);
    ok = requeues(t) && shows(t, "requeued");
    if (ok)
        stage_news(t->s, ANN, 500);
    return ok && proof(t);
}

static const struct {
    const char *name;
    const char *caption;
    bool (*run)(struct tour *t);
} steps[] = {
    { "help", "What may I do?", step_help },
    { "ping", "Is everybody there?", step_ping },
    { "whoami", "Who am I to the bot?", step_whoami },
    { "streams", "What flows: groups, consumers, pending, lag", step_streams },
    { "dlq list", "What died, and why", step_list },
    { "dlq show", "Entries; secrets in payloads are masked", step_show },
    { "dlq show, next page", "A button turns the page", step_next },
    { "dlq requeue", "Back into its stream, in my name, for all to see",
      step_requeue },
    { "dlq requeue, again", "Twice is once: the second answer says who did it",
      step_again },
    { "refusal", "Bob may look, not touch", step_refused },
    { "typo", "A slip of the fingers", step_typo },
    { "audit", "Who did what, refusals included", step_audit },
    { "bulk requeue", "Many at once: asked first, shown as it goes",
      tour_bulk },
    { "bulk requeue, cancelled", "Enough: it stops after its batch",
      tour_cancel },
    { "halt, refused", "Bob wants to stop trading", tour_halt_refused },
    { "halt", "Stop everything, and see that it has stopped", tour_halt },
    { "halts", "What is halted?", tour_halts },
    { "unhalt", "Starting again is asked first", tour_unhalt },
    { "health",
      "Is everything well? One agent flaps, one certificate is about "
      "to expire, one database is slow",
      tour_health },
    { "health details", "How it came to that", tour_details },
    { "alert", "That the agent is away is an alert: one card", tour_alert },
    { "acknowledge, refused", "Bob presses Acknowledge", tour_alert_refused },
    { "acknowledge", "Ann has it now, for an hour: nobody is paged", tour_ack },
    { "alert of a stream", "An event is an alert too; its trace id is a name",
      tour_event },
    { "alerts", "What fires, and who has it?", tour_alerts },
    { "route test", "Who would be told at three in the morning?", tour_route },
    { "silence", "Quiet for a while, with a reason", tour_silence },
    { "incident, refused", "Bob may not call everybody",
      tour_incident_refused },
    { "incident", "Ann may: a headline that is kept true", tour_incident },
    { "incident update", "How it goes on", tour_incident_update },
    { "mention", "Bob asks in a message", tour_said },
    { "App Home", "What ann sees in her own tab", tour_home },
    { "incident resolve", "How it ended", tour_incident_resolve },
    { "alert, resolved", "The alert was over by itself, in the same card",
      tour_resolved },
    { "shell", "The same from a shell: same rights, same record", tour_shell },
    { "kill -9", "Pulling the plug in the middle of a requeue", step_plug },
};

#define STEPS (sizeof steps / sizeof *steps)

/* ---- the end ------------------------------------------------------------- */

static void summary(const struct tour *t)
{
    struct stage *s = t->s;

    printf("\n%s── What you saw ──%s\n", ink(INK_BOLD), ink(INK_END));
    paper_print("  ",
                "• questions answered on Slack's own acknowledgement, for "
                "the asker's eyes only\n"
                "• an effect done once, however often it was asked for, "
                "with a public card\n"
                "• a refusal that says which right is missing and who "
                "has it\n"
                "• every command and refusal on record in Postgres\n"
                "• a bulk requeue stopped half way, nothing lost and nothing "
                "twice\n"
                "• a halt that every agent confirmed, and an unhalt that was "
                "asked first\n"
                "• checks that say what is wrong and since when, an incident "
                "from its headline to its end\n"
                "• an alert of a real Prometheus that was routed, acknowledged "
                "and resolved in one card\n"
                "• the same commands in a message, in App Home, and from a "
                "shell\n"
                "• passwords in payloads masked\n"
                "• a killed bot that came back and did nothing twice");
    printf("\n");
    paper_line(INK_END,
               "%zu answers: median %.1f ms, longest %.1f ms. Back after "
               "kill -9: %lld ms. Memory: %.1f MiB.",
               s->answers, stage_median_ms(s), stage_longest_ms(s),
               (long long)t->back_ms, (double)opsbot_rss(s->h->bot) / 1024);
    paper_line(INK_END,
               "Streams: %lld messages made, %lld handled, %lld dead-lettered. "
               "Audit: %lld rows.",
               (long long)feed_produced(s->feed),
               (long long)feed_handled(s->feed), (long long)feed_dead(s->feed),
               sql_number(s->h, "select count(*) from opsbot.audit_events"));
}

bool tour_run(struct stage *s, const volatile int *stop)
{
    struct tour t = { .s = s };
    bool ok = true;

    s->echo = true;
    for (size_t i = 0; i < STEPS && ok && !*stop; i++) {
        step_now = steps[i].name;
        printf("\n%s── %zu/%zu  %s%s\n", ink(INK_BOLD), i + 1, STEPS,
               steps[i].caption, ink(INK_END));
        ok = steps[i].run(&t);
    }
    s->echo = false;
    if (ok && !*stop)
        summary(&t);
    free(t.id);
    free(t.original);
    free(t.alert);
    return ok && !*stop;
}
