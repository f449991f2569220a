/*
 * slack: Slack's request URLs: POST /slack/commands, /slack/interactive,
 * /slack/events (all kinds also on /slack/events).
 *
 * Nothing of a request is parsed, and nothing is run, before its signature was
 * verified on the body as it came. What it carries becomes the envelope that
 * the socket would have brought; the request is answered as an ack is (desk.h):
 * with the answer as JSON, or 200 without a body and the answer by response
 * URL. An event that is not recorded is answered 503: Slack sends it again.
 *
 * Runs on the server's thread, but for what says otherwise.
 */
#ifndef BOT_SLACK_H
#define BOT_SLACK_H

#include "bot/flow/desk.h"
#include "bot/http/server.h"

#define SLACK_BODY_MAX (1 << 20) /* bytes */
#define SLACK_BODY_MS  10000     /* to arrive; Slack waits for 3 s */

struct slack;

/* needs: borrowed for life. */
struct slack *slack_new(const struct desk_needs *needs);
/* When no other thread knows it any more. NULL is fine. */
void slack_free(struct slack *s);

/* Is path below /slack/, and so a request for us? */
bool slack_has(const char *path);
/* As those of a listener (server.h). */
void slack_begin(struct slack *s, struct request *rq);
void slack_handle(struct slack *s, struct request *rq);
void slack_tick(struct slack *s, int64_t now_mono_ms);

/* Any thread: waits until what was taken has its answer; at most grace_ms.
 * The server must have ended: nothing comes any more. */
void slack_drain(struct slack *s, int grace_ms);

/* Any thread. */
struct slack_facts {
    uint64_t taken;     /* verified, and handed on as envelopes */
    uint64_t forged;    /* a signature that is wrong, malformed or missing */
    uint64_t stale;     /* a timestamp too far from now */
    uint64_t malformed; /* verified, and not what Slack sends */
    uint64_t replays;   /* verified, and seen before: not run again */
    uint64_t refused;   /* nothing was run: too busy, or not recorded */
    uint64_t late;      /* answers that missed their response */
    unsigned held;      /* envelopes without their answer, now */
};
void slack_facts(const struct slack *s, struct slack_facts *out);

#endif
