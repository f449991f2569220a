/*
 * sender: the only one to call Slack's Web API and its response URLs.
 *
 * One thread, one curl multi handle, HTTP/1.1 keep-alive. Everyone else hands
 * it a struct post and forgets about it. It paces (one post a second and
 * channel with a small burst; a budget per method; of each the last of the
 * burst is kept for criticals and answers), honours Retry-After (a
 * 429 on chat.postMessage pauses that channel, on 3 channels within 10 s the
 * method; other methods as a whole), retries what may be retried with full
 * jitter, and never retries what may have taken effect unless the call is
 * harmless twice. Order is kept per channel and lane, of posts and of edits.
 *
 * URLs are accepted for hooks.slack.com and the host of SLACK_API_URL only;
 * no redirect is followed.
 *
 *   sender.c          the thread, its queue, and what follows from a verdict
 *   sender_call.c     the wait of a worker
 *   sender_lane.c     which post goes next            (pure: no I/O, no clock)
 *   sender_pace.c     budgets, pauses, tokens         (pure)
 *   sender_rule.c     what we know of each method     (a table)
 *   sender_verdict.c  what an answer means            (pure, a table)
 *   sender_body.c     JSON to a form, JSON without blocks, allowed URLs (pure)
 *   sender_http.c     the curl handles
 */
#ifndef BOT_SENDER_H
#define BOT_SENDER_H

#include "bot/sender/post.h"
#include "bot/sender/sender_rule.h"
#include "core/config.h"

/* Posts that may wait; past it a submit answers PUSH_FULL. */
#define SENDER_POSTS 5000

struct sender;

/* cfg is borrowed for life. NULL on failure. Initialises libcurl: call it
 * while there is one thread. */
struct sender *sender_start(const struct config *cfg, struct err *err);

/*
 * Any thread. On PUSH_OK the sender owns the post; otherwise it is still the
 * caller's. At most 5,000 posts and 32 MiB are held, retries included; the
 * last fifth is kept for the lanes critical and click.
 */
MUST_CHECK enum push sender_submit(struct sender *s, struct post *post);

/*
 * The one sanctioned wait on Slack, for a worker that needs the answer (open
 * a modal, look a user up). body: JSON text (borrowed). Waits at most
 * deadline_ms; answer is heap JSON text on success. ERR_SLACK otherwise.
 */
MUST_CHECK bool sender_call(struct sender *s, const char *method,
                            const char *body, int deadline_ms, char **answer,
                            struct err *err);

struct sender_facts {
    size_t waiting;    /* posts not over yet, those in flight included */
    int64_t oldest_ms; /* age of the oldest of them */
    int64_t turned_ms; /* since the loop last turned: for /health */
    uint64_t sent, refused, given_up, unknown, retried, limited;
    uint64_t blocks_refused; /* invalid_blocks, sent again as text: our bug */
    bool token_refused;      /* Slack refused a token: what needs it waits */
};
void sender_facts(struct sender *s, struct sender_facts *out); /* any thread */

/* The same by lane and by method, for metrics. Any thread. */
struct sender_calls {
    uint64_t waiting[POST_LANES]; /* as in sender_facts, of each lane */
    struct sender_method {
        const char *method; /* static; NULL: there are no more */
        uint64_t results[POST_RESULTS], limited;
    } methods[CALL_RULES];
};
void sender_calls(struct sender *s, struct sender_calls *out);

/* No new posts; tries what is there for at most grace_ms, then calls done()
 * with POST_GIVEN_UP for the rest (POST_UNKNOWN where the request had left and
 * may have taken effect); joins and frees. No other thread may call us after
 * that. NULL is fine. */
void sender_stop(struct sender *s, int grace_ms);

#endif
