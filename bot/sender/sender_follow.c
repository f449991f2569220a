/*
 * sender_follow: what follows from an answer: over, once more, a pause.
 * The sender thread's.
 */
#include "bot/sender/sender_int.h"

#include <inttypes.h>
#include <stdlib.h>
#include <sys/random.h>

#include "bot/sender/sender_body.h"
#include "bot/sender/sender_rule.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/meter.h"

#define COMPLAIN_MS  5000  /* between log lines about retries */
#define TOKEN_LOG_MS 60000 /* … and about a refused token */
#define LIMIT_MOST_S 30    /* where Slack gives no Retry-After */

static void count(struct sender *s, enum count what)
{
    atomic_fetch_add(&s->counts[what], 1);
}

static uint32_t random_number(void)
{
    uint32_t n = 0;

    if (getrandom(&n, sizeof n, GRND_NONBLOCK) != sizeof n)
        n = (uint32_t)clock_mono_us();
    return n;
}

/* ---- the end of a post ---------------------------------------------------- */

static const char *result_name(enum post_result result)
{
    static const char *const names[] = {
        [POST_SENT] = "sent",
        [POST_REFUSED] = "refused",
        [POST_GIVEN_UP] = "given up",
        [POST_UNKNOWN] = "may or may not have taken effect",
    };

    return names[result];
}

/* Whoever says `once` tells of it himself. */
static void log_end(const struct post *post, const struct post_outcome *o)
{
    struct log_ctx ctx = { .trace = post->trace };
    bool quiet = o->result == POST_SENT || post->once;

    log_write(quiet ? LOG_DEBUG : LOG_WARN, "sender", &ctx,
              "%s %s%s%s (%d attempts, %" PRId64 " ms)", post->rule->method,
              result_name(o->result), o->error[0] ? ": " : "", o->error,
              o->attempts, o->took_ms);
}

void sender_finish(struct sender *s, struct post *post, enum post_result result,
                   const char *body)
{
    static const enum count counted[] = {
        [POST_SENT] = COUNT_SENT,
        [POST_REFUSED] = COUNT_REFUSED,
        [POST_GIVEN_UP] = COUNT_GIVEN_UP,
        [POST_UNKNOWN] = COUNT_UNKNOWN,
    };
    struct post_outcome outcome = {
        .result = result,
        .error = post->error && result != POST_SENT ? post->error : "",
        .body = body,
        .http_status = post->http_status,
        .retry_after_s = post->retry_after_s,
        .took_ms = clock_mono_ms() - post->started,
        .attempts = post->attempts,
    };

    if (result != POST_SENT && !outcome.error[0])
        outcome.error = "its time was over before it could be sent";
    log_end(post, &outcome);
    count(s, counted[result]);
    meter_one(&s->results[call_rule_index(post->rule)][result]);
    if (post->done)
        post->done(post->arg, &outcome);
    atomic_fetch_sub(&s->held_bytes, post->node.bytes);
    atomic_fetch_sub(&s->held, 1);
    atomic_fetch_sub(&s->in_lane[post->lane], 1);
    post_free(post);
}

void sender_settle(struct sender *s, struct post *post, enum post_result result,
                   const char *body)
{
    lanes_settle(s->lanes, post);
    sender_finish(s, post, result, body);
}

/* ---- what follows from a verdict ------------------------------------------ */

/* One line in a while, however many posts have the same trouble. */
static void complain(struct sender *s, const struct post *post, int64_t now)
{
    struct log_ctx ctx = { .trace = post->trace };

    s->retries++;
    if (s->complained_at && now - s->complained_at < COMPLAIN_MS)
        return;
    log_warn("sender", &ctx, "%s: %s; trying again (%u such, %zu waiting)",
             post->rule->method, post->error, s->retries, lanes_len(s->lanes));
    s->complained_at = now;
    s->retries = 0;
}

static void try_again(struct sender *s, struct post *post, int64_t now)
{
    count(s, COUNT_RETRIED);
    complain(s, post, now);
    post->not_before = now + retry_delay_ms(post->attempts, random_number());
    lanes_again(s->lanes, post);
}

/* How long a 429 holds: as Slack says, else 1 s and growing. */
static int64_t limit_ms(const struct post *post)
{
    int seconds = post->retry_after_s;

    if (seconds <= 0 && post->attempts <= 5)
        seconds = 1 << (post->attempts - 1);
    if (seconds <= 0)
        seconds = LIMIT_MOST_S;
    return seconds * 1000LL + random_number() % 250;
}

static void limited(struct sender *s, struct post *post, int64_t now)
{
    int64_t until = now + limit_ms(post);

    count(s, COUNT_LIMITED);
    meter_one(&s->limited[call_rule_index(post->rule)]);
    lanes_limited(s->lanes, post, now, until);
    if (post->once) {
        sender_settle(s, post, POST_GIVEN_UP, "");
        return;
    }
    complain(s, post, now);
    post->not_before = until;
    lanes_again(s->lanes, post);
}

static void token_refused(struct sender *s, struct post *post, int64_t now)
{
    lanes_token_refused(s->lanes, post, now);
    if (!s->token_logged_at || now - s->token_logged_at >= TOKEN_LOG_MS) {
        log_error("sender", NULL,
                  "Slack refuses %s: %s. What needs it waits; nothing is lost. "
                  "Put a valid token in place and restart.",
                  post->app_token ? "SLACK_APP_TOKEN" : "SLACK_BOT_TOKEN",
                  post->error);
        s->token_logged_at = now;
    }
    if (post->once)
        sender_settle(s, post, POST_REFUSED, "");
    else
        lanes_again(s->lanes, post);
}

/* A message must arrive, even with blocks that are wrong. */
static void as_text(struct sender *s, struct post *post, const char *messages)
{
    struct log_ctx ctx = { .trace = post->trace };
    char *plain = body_plain(post->body, post->rule->flags & CALL_EDIT);

    log_error("sender", &ctx, "%s: Slack does not take our blocks (%s)%s%s. %s",
              post->rule->method, post->error, messages[0] ? ": " : "",
              messages, plain ? "Sent as text." : "Not sent.");
    count(s, COUNT_BLOCKS);
    if (!plain) {
        sender_settle(s, post, POST_REFUSED, "");
        return;
    }
    free(post->body);
    post->body = plain;
    post->plain = true;
    lanes_again(s->lanes, post);
}

/* Slack looked at the token and had nothing against it. */
static void token_taken(struct sender *s, const struct post *post, int64_t now)
{
    if (!lanes_token_taken(s->lanes, post, now))
        return;
    log_info("sender", NULL, "Slack takes %s again",
             post->app_token ? "SLACK_APP_TOKEN" : "SLACK_BOT_TOKEN");
    s->token_logged_at = 0;
}

static void follow(struct sender *s, struct post *post,
                   const struct judgement *j, const char *body, int64_t now)
{
    switch (j->ruling) {
    case RULING_SENT:
        sender_settle(s, post, POST_SENT, body);
        return;
    case RULING_REFUSED:
        sender_settle(s, post, POST_REFUSED, body);
        return;
    case RULING_UNKNOWN:
        sender_settle(s, post, POST_UNKNOWN, body);
        return;
    case RULING_LIMITED:
        limited(s, post, now);
        return;
    case RULING_TOKEN:
        token_refused(s, post, now);
        return;
    case RULING_PLAIN:
        as_text(s, post, j->messages);
        return;
    case RULING_RETRY:
        break;
    }
    if (post->once)
        sender_settle(s, post, POST_GIVEN_UP, body);
    else
        try_again(s, post, now);
}

void sender_follow(struct sender *s, struct post *post,
                   const struct answer *answer)
{
    int64_t now = clock_mono_ms();
    struct judgement j;

    judge(post, answer, &j);
    post->attempts++;
    post->http_status = answer->kind == ANSWER_HTTP ? answer->status : 0;
    post->retry_after_s = 0;
    if (j.ruling == RULING_LIMITED)
        post->retry_after_s = answer->retry_after_s;
    free(post->error);
    post->error = xstrdup(j.error);
    if (post->http_status == 200 &&
        (j.ruling == RULING_SENT || j.ruling == RULING_REFUSED))
        token_taken(s, post, now);
    follow(s, post, &j, answer->body, now);
}
